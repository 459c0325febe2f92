"""What an organisation defines: competencies, target profiles, exams and training modules.

Data and its schema; nothing is computed here.
"""

from training_catalog.faults import CatalogError, CatalogFault
from training_catalog.files.loading import load_catalog
from training_catalog.model import (
    EXPERT_IMPROVEMENT,
    Catalog,
    CatalogSettings,
    Category,
    Competency,
    CompetencyLevel,
    Exam,
    Grade,
    Indicator,
    LevelDefinition,
    Modality,
    ModuleCompetency,
    Outcome,
    Subject,
    Target,
    TargetProfile,
    Text,
    TrainingModule,
)
from training_catalog.post import (
    BusinessFigure,
    Certification,
    CertificationExam,
    JobElement,
    JobProfile,
    LearningPath,
    PathStage,
    Qualification,
    Standards,
    Term,
)

__all__ = [
    "EXPERT_IMPROVEMENT",
    "BusinessFigure",
    "Catalog",
    "CatalogError",
    "CatalogFault",
    "CatalogSettings",
    "Category",
    "Certification",
    "CertificationExam",
    "Competency",
    "CompetencyLevel",
    "Exam",
    "Grade",
    "Indicator",
    "JobElement",
    "JobProfile",
    "LearningPath",
    "LevelDefinition",
    "Modality",
    "ModuleCompetency",
    "Outcome",
    "PathStage",
    "Qualification",
    "Standards",
    "Subject",
    "Target",
    "TargetProfile",
    "Term",
    "Text",
    "TrainingModule",
    "load_catalog",
]
