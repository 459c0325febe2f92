"""What surrounds the modules of a post: job profile, certification, learning paths, glossary.

All of it is optional in a catalogue.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from training_catalog.base import Frozen, Line, Provenance, Slug, Text

Relevance = Annotated[int, Field(ge=0, le=3)]
Importance = Annotated[float, Field(ge=0, le=1000)]
ExamLevel = Annotated[int, Field(ge=1, le=4)]


class JobElement(Frozen):
    """A duty or a result measure of the post, tied to the competencies it rests on.

    Parameters
    ----------
    importance : dict of str to float
        Share of the element in the job of each grade; only the proportions count.
    relevance : dict of str to dict of str to int
        Competency, then grade: 0 not needed for it, 1 helps, 2 needed, 3 decides it. A
        competency or grade left out counts 0.
    """

    id: Slug
    name: Text
    description: Text
    importance: dict[Slug, Importance]
    relevance: dict[Slug, dict[Slug, Relevance]] = Field(default={})
    provenance: Provenance = "authored"


class Qualification(Frozen):
    """An entry condition of the post; `grades` empty means every grade."""

    id: Slug
    kind: Literal["education", "experience", "knowledge", "skill", "certificate"]
    text: Text
    grades: tuple[Slug, ...] = ()
    minimum_months: Annotated[int, Field(ge=1, le=600)] | None = None
    certification: Slug | None = None
    provenance: Provenance = "authored"


class Remark(Frozen):
    """A text with its provenance."""

    text: Text
    provenance: Provenance = "authored"


class JobProfile(Frozen):
    """The post: what it is for, its duties and results, and how they set the target weights.

    Parameters
    ----------
    weight_formula : Text
        How the weights of the target profiles follow from importance and relevance, in
        words; `training_catalog.weights` is the same in code.
    """

    id: Slug
    name: Text
    purpose: Text
    weight_formula: Text
    duties: tuple[JobElement, ...]
    result_measures: tuple[JobElement, ...]
    qualifications: tuple[Qualification, ...] = ()
    difficulties: tuple[Remark, ...] = ()
    taboos: tuple[Remark, ...] = ()
    career: tuple[Remark, ...] = ()
    provenance: Provenance = "authored"


class CertificationExam(Frozen):
    """An exam that a certification asks for, and the modules that prepare for it.

    Subjects, weights and pass mark are those of the exam of `competency` at `level`.
    """

    competency: Slug
    level: ExamLevel
    modules: tuple[Slug, ...] = ()


class Certification(Frozen):
    """A level of the certification of the post.

    Parameters
    ----------
    requires : str or None
        The certification that must be held before.
    exams : tuple of CertificationExam
        All of them must be passed.
    practical : Text or None
        What is shown in practice besides the exams.
    valid_months : int
        How long the certificate holds.
    """

    id: Slug
    level: ExamLevel
    name: Text
    purpose: Text
    grade: Slug
    requires: Slug | None = None
    exams: Annotated[tuple[CertificationExam, ...], Field(min_length=1)]
    practical: Text | None = None
    valid_months: Annotated[int, Field(ge=1, le=600)] = 36
    provenance: Provenance = "authored"


class PathStage(Frozen):
    """A stage of a learning path: modules in their order, by the end of a week."""

    name: Text
    until_week: Annotated[int, Field(ge=1, le=520)]
    modules: Annotated[tuple[Slug, ...], Field(min_length=1)]
    result: Text | None = None


class LearningPath(Frozen):
    """A named sequence of modules that a plan can take as a frame.

    Parameters
    ----------
    grades : tuple of str
        Whom it is for; everybody where empty.
    target_grade : str or None
        The grade whose targets it leads to; each person's own where None.
    """

    id: Slug
    name: Text
    purpose: Text
    audience: Text
    grades: tuple[Slug, ...] = ()
    target_grade: Slug | None = None
    stages: Annotated[tuple[PathStage, ...], Field(min_length=1)]
    provenance: Provenance = "authored"

    @property
    def module_ids(self) -> tuple[str, ...]:
        """The modules of all stages, in order."""
        return tuple(name for stage in self.stages for name in stage.modules)


class Term(Frozen):
    """A term of the glossary, and the variants that may not stand in its place.

    Parameters
    ----------
    zh_forbidden, en_forbidden : tuple of str
        Variants that no text of the catalogue may use. English ones are whole words in any
        case, with or without a plural s.
    zh_except, en_except : tuple of str
        Longer expressions in which a variant is right.
    en_also : tuple of str
        Further English forms that are right for the Chinese term.
    paired : bool
        Whether an English text must use the term where its Chinese text does.
    """

    id: Slug
    term: Text
    definition: Text | None = None
    zh_forbidden: tuple[Line, ...] = ()
    en_forbidden: tuple[Line, ...] = ()
    zh_except: tuple[Line, ...] = ()
    en_except: tuple[Line, ...] = ()
    en_also: tuple[Line, ...] = ()
    paired: bool = False


class BusinessFigure(Frozen):
    """A result of work that is counted by person and month.

    Parameters
    ----------
    unit : Text
        What its values are counted in.
    value_per_unit : float or None
        What one unit more is worth, in CNY; negative where more of it is worse. None where nobody
        has said: no return on investment is then worked out from it.
    """

    id: Slug
    name: Text
    unit: Text
    value_per_unit: Annotated[float, Field(ge=-1e9, le=1e9)] | None = None


class Standards(Frozen):
    """What `training_catalog.judging` holds a catalogue to.

    Parameters
    ----------
    modules_per_step : int
        Modules in use that each step of a competency should have.
    near_duplicate : float
        Likeness of two modules' texts, in [0, 1], from which they count as near-duplicates.
    """

    modules_per_step: Annotated[int, Field(ge=1, le=100)] = 1
    near_duplicate: Annotated[float, Field(gt=0, le=1)] = 0.4
