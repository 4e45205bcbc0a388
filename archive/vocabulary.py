"""Controlled vocabularies of the inspection rule. Owns: codes D, C and W with their names in both languages.

The names are data of the rule, not words of the interface: an export or the API gives both at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import get_language


@dataclass(frozen=True)
class Term:
    """One entry of a vocabulary."""

    code: str
    zh: str
    en: str

    def __str__(self) -> str:
        """The name in the current language."""
        return self.en if (get_language() or "").startswith("en") else self.zh


def _terms(rows: Iterable[tuple[str, str, str]]) -> Mapping[str, Term]:
    return {code: Term(code, zh, en) for code, zh, en in rows}


DOC_TYPES = _terms(
    (
        ("D01", "年度巡查工作方案", "Annual inspection plan"),
        ("D02", "组建方案及审批", "Staffing proposal and approval"),
        ("D03", "告知书", "Notice to the unit"),
        ("D04", "进驻通报", "Entry notice"),
        ("D05", "公示联系方式", "Published contact details"),
        ("D06", "汇报材料", "Briefing papers"),
        ("D07", "列席会议记录", "Record of a meeting attended"),
        ("D08", "调阅复制资料", "Papers consulted and copied"),
        ("D09", "来信来电登记及原件", "Letters and calls: register and originals"),
        ("D10", "座谈会记录", "Symposium record"),
        ("D11", "个别谈话记录", "Record of an individual talk"),
        ("D12", "暗查暗访、抽查记录", "Covert or random check record"),
        ("D13", "现场检查记录", "Site check record"),
        ("D14", "调查问卷", "Questionnaire"),
        ("D15", "录像", "Video"),
        ("D16", "录音", "Sound recording"),
        ("D17", "照片", "Photograph"),
        ("D18", "通报", "Notification"),
        ("D19", "交办单及整改意见", "Assignment and rectification opinion"),
        ("D20", "问题清单", "List of issues"),
        ("D21", "诊断分析", "Diagnosis"),
        ("D22", "分类处置意见", "Disposition"),
        ("D23", "问题线索移交函", "Transfer letter for a clue"),
        ("D24", "查处结果", "Result of handling"),
        ("D25", "约谈材料", "Admonition papers"),
        ("D26", "巡查工作报告", "Inspection work report"),
        ("D27", "报送审定件及批示", "Submission and approval"),
        ("D28", "反馈意见及签收", "Feedback and signed receipt"),
        ("D29", "整改和查处情况报告", "Rectification report"),
        ("D30", "整改佐证", "Proof of rectification"),
        ("D31", "销号审核单", "Closure sign-off"),
        ("D32", "结果运用报送件", "Use of results"),
        ("D33", "人员调整及纪律情况", "Changes of staff and discipline"),
    )
)
"""文种, `domain.md` A6."""

CONTENTS = _terms(
    (
        ("C1", "贯彻落实上级决策部署", "Carrying out higher decisions"),
        ("C2", "落实安全生产责任", "Responsibility for work safety"),
        ("C3", "法规政策与企业主体责任", "Rules, policy and enterprises' own responsibility"),
        ("C4", "规划、基础、投入、科技与培训", "Planning, foundation, investment, technology and training"),
        ("C5", "突出问题整治", "Rectifying prominent problems"),
        ("C6", "监管体制、执法力量与应急管理", "Supervision, enforcement and emergency management"),
        ("C7", "信用体系、标准化与隐患排查治理", "Credit, standardisation and hazard control"),
        ("C8", "事故追责、统计与举报办理", "Accident accountability, statistics and reports"),
        ("C9", "市里部署的其他事项", "Other items deployed by the city"),
    )
)
"""巡查内容, `domain.md` A2."""

METHODS = _terms(
    (
        ("W1", "听取汇报", "Hearing reports"),
        ("W2", "列席会议", "Attending meetings"),
        ("W3", "调阅资料、受理来信来电", "Consulting papers, receiving letters and calls"),
        ("W4", "座谈与个别谈话", "Symposiums and individual talks"),
        ("W5", "暗查暗访、随机抽查", "Covert and random checks"),
        ("W6", "问卷调查", "Questionnaires"),
        ("W7", "其他方式", "Other ways"),
    )
)
"""巡查方式, `domain.md` A3."""

SECRECY = _terms(
    (
        ("OPEN", "公开", "Open"),
        ("INTERNAL", "内部", "Internal"),
        ("WORK_SECRET", "工作秘密", "Work secret"),
    )
)
"""密级, as far as this deployment may hold it (`domain.md` B10)."""

VOCABULARIES: Mapping[str, Mapping[str, Term]] = {
    "doc-types": DOC_TYPES,
    "contents": CONTENTS,
    "methods": METHODS,
    "secrecy": SECRECY,
}


def name_of(code: str) -> str:
    """The name of any code in the current language; the code itself when it is unknown, "" for ""."""
    for vocabulary in VOCABULARIES.values():
        if code in vocabulary:
            return str(vocabulary[code])
    return code


def resolve(vocabulary: Mapping[str, Term], text: str) -> str | None:
    """The code a person meant by `text`: the code, or its name in either language. None when it is none of them."""
    wanted = text.strip().casefold()
    for term in vocabulary.values():
        if wanted in (term.code.casefold(), term.zh.casefold(), term.en.casefold()):
            return term.code
    return None
