"""What an installation sets, from the environment (``RECOMMENDER_…``) or by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from training_catalog.loading import DEFAULT_CATALOG

# days that questions can be asked of: validity and plans reach decades back and ahead
FIRST_DAY, LAST_DAY = dt.date(1970, 1, 1), dt.date(2199, 12, 31)


class Settings(BaseSettings):
    """Settings of one process.

    Parameters
    ----------
    database : str
        SQLAlchemy URL of SQLite or PostgreSQL.
    catalog : Path
        Folder of the catalogue.
    models : Path
        Folder of the effect models.
    as_of : date
        The day a question is asked; today unless set.
    lang : str
        Language of what people read.
    model_key : str or None
        Secret of 32 characters or more that signs the cards of models; none unless set.
    """

    model_config = SettingsConfigDict(
        env_prefix="RECOMMENDER_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    database: str = "sqlite:///recommender.db"
    catalog: Path = DEFAULT_CATALOG
    models: Path = Path("models")
    as_of: Annotated[dt.date, Field(ge=FIRST_DAY, le=LAST_DAY)] = Field(
        default_factory=dt.date.today
    )
    lang: Literal["zh-CN", "en"] = "zh-CN"
    model_key: SecretStr | None = None

    @property
    def signing_key(self) -> bytes | None:
        """The key that signs the cards of models, if there is one."""
        return self.model_key.get_secret_value().encode() if self.model_key else None

    @property
    def latest_fact_on(self) -> dt.date:
        """The last day a recorded fact may have: today, or `as_of` where that lies ahead."""
        return max(self.as_of, dt.date.today())
