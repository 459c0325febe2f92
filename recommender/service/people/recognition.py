"""Files of HR's own shapes: looked at, asked about, and imported as a table of one of our kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recommender.exchange.recognition.vocabulary import Names, Staff, Vocabulary, bare
from recommender.service.framework import Framework
from training_catalog import Catalog, Text


def build_vocabulary(framework: Framework, people: Iterable[Staff] = ()) -> Vocabulary:
    """Return what names in a file may stand for: the catalogue's, and these people."""
    catalog = framework.catalog
    indicators = [
        (indicator, competency.id)
        for competency in catalog.competencies
        for level in competency.levels
        for indicator in level.indicators
    ]
    return Vocabulary(
        competencies=_names((c.id, c.name) for c in catalog.competencies),
        modules=_names((m.id, m.title) for m in catalog.modules),
        grades=_names((g.id, g.name) for g in catalog.grades),
        indicators=_names((i.id, i.text) for i, _ in indicators),
        indicator_of={indicator.id: competency for indicator, competency in indicators},
        subjects=_subjects(catalog),
        level_words={
            bare(word): float(level.level)
            for level in catalog.levels
            for word in (level.name.zh_cn, level.name.en)
        },
        targets=_targets(catalog),
        people=tuple(people),
    )


def _names(things: Iterable[tuple[str, Text]]) -> Names:
    spellings: dict[str, str] = {}
    labels: dict[str, str] = {}
    for id_, text in things:
        labels[id_] = text.zh_cn
        spellings |= {text.zh_cn: id_, text.en: id_, id_: id_}
    return Names(spellings, labels)


def _subjects(catalog: Catalog) -> Mapping[str, tuple[tuple[str, int, str], ...]]:
    found: dict[str, dict[tuple[str, int, str], None]] = {}
    for competency in catalog.competencies:
        for exam in competency.exams:
            for subject in exam.subjects:
                for spelling in (subject.name.zh_cn, subject.name.en, subject.id):
                    meaning = (competency.id, exam.level, subject.id)
                    found.setdefault(bare(spelling), {})[meaning] = None
    return {spelling: tuple(meanings) for spelling, meanings in found.items()}


def _targets(catalog: Catalog) -> Mapping[tuple[str, str], float]:
    # of profiles that replace each other the latest one holds
    return {
        (profile.grade, competency): target.level
        for profile in sorted(catalog.profiles, key=lambda profile: profile.effective_on)
        for competency, target in profile.targets.items()
    }
