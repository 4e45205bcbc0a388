"""Values that pass between the layers: frozen, without ORM and without I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """Roles of people, `domain.md` A1 and B10, in first form."""

    ARCHIVIST = "ARCHIVIST"  # 档案员
    INSPECTOR = "INSPECTOR"  # 巡查组成员
    OFFICE = "OFFICE"  # 市安委办
    DISCIPLINE = "DISCIPLINE"  # 纪检监察
    SYSTEM_ADMIN = "SYSTEM_ADMIN"  # 系统管理员
    SECRECY_ADMIN = "SECRECY_ADMIN"  # 安全保密管理员
    AUDIT_ADMIN = "AUDIT_ADMIN"  # 安全审计员


ADMIN_ROLES = frozenset({Role.SYSTEM_ADMIN, Role.SECRECY_ADMIN, Role.AUDIT_ADMIN})
"""三员: no one holds two of them, and none of them reads content by role (`domain.md` B10)."""


class Secrecy(StrEnum):
    """密级 an unclassified deployment may hold (`domain.md` B10); 秘密 and above are refused."""

    OPEN = "OPEN"  # 公开
    INTERNAL = "INTERNAL"  # 内部
    WORK_SECRET = "WORK_SECRET"  # 工作秘密


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, a service account, or a named part of the system. Never None."""

    id: UUID | None
    name: str
    roles: frozenset[Role] = frozenset()
    kind: str = "person"  # person | service | system
    address: str = ""  # network address the request came from

    @classmethod
    def system(cls, name: str) -> Actor:
        """A part of the program that works on its own account: `system("worker")`."""
        return cls(id=None, name=name, kind="system")

    @property
    def is_system(self) -> bool:
        return self.kind == "system"


@dataclass(frozen=True)
class AccessScope:
    """What an actor may see, as tokens. A thing is visible when its audience holds one of them.

    Tokens: `role:<ROLE>`, `inspection:<uuid>`, `record:<uuid>`, `account:<uuid>`. An empty scope sees nothing.
    The search engines compile this into their query; nothing filters afterwards.
    """

    tokens: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Digests:
    """Digests of one run of bytes, all lower-case hexadecimal, computed in a single pass."""

    size: int
    sha512: str
    sm3: str
    sha256: str


@dataclass(frozen=True)
class Finding:
    """One thing a check found. `kind` is a machine code; `detail` data for the words."""

    kind: str
    subject: str
    detail: dict[str, str] = field(default_factory=dict)
