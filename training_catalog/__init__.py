"""What an organisation defines: competencies, target profiles, exams and training modules.

Data and its schema; nothing is computed here.
"""

from training_catalog.loading import CatalogError, CatalogFault, load_catalog
from training_catalog.model import (
    Catalog,
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
    Settings,
    Subject,
    Target,
    TargetProfile,
    Text,
    TrainingModule,
)

__all__ = [
    "Catalog",
    "CatalogError",
    "CatalogFault",
    "Category",
    "Competency",
    "CompetencyLevel",
    "Exam",
    "Grade",
    "Indicator",
    "LevelDefinition",
    "Modality",
    "ModuleCompetency",
    "Outcome",
    "Settings",
    "Subject",
    "Target",
    "TargetProfile",
    "Text",
    "TrainingModule",
    "load_catalog",
]
