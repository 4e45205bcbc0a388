"""Trouble at start: one line in both languages, and the exit code. Owns nothing else."""

from __future__ import annotations

import errno


class StackTrouble(Exception):
    """The stack cannot run. `zh` and `en` each say in one line what is wrong and what to do."""

    exit_code = 1

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def from_os_error(exc: OSError, what: str) -> StackTrouble:
    """The line for a file or folder that the system refused: no room, no right, read-only."""
    place = exc.filename or what
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return StackTrouble(
            f"磁盘已满：{place}。请腾出空间后重新运行。", f"The disk is full: {place}. Make room, then run again."
        )
    if exc.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StackTrouble(
            f"没有写入权限：{place}。请更改权限，或用 ANJUAN_DATA 另指定文件夹。",
            f"Cannot be written: {place}. Change its permissions, or name another folder with ANJUAN_DATA.",
        )
    return StackTrouble(f"无法使用 {place}：{exc.strerror}。", f"Cannot use {place}: {exc.strerror}.")
