"""What an installation sets, from the environment (``RECOMMENDER_…``) or by hand."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from training_catalog.files.loading import DEFAULT_CATALOG

# Days that a question can be asked for. Validity reaches years back and plans years ahead of them,
# so they stay well within what `datetime.date` can hold.
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
        Secret of 32 characters or more that signs the cards of models; without it no model is
        trained or put in force.
    pseudonym_key : str or None
        64 hexadecimal digits that pseudonyms of people are made with; unless set they are kept in
        a file among the models, made at first use.
    oidc_issuer, oidc_audience, oidc_jwks : str or None
        Issuer of bearer tokens, the audience they must name, and the URL or file of the
        issuer's keys; without them only API keys are accepted.
    oidc_client_id, oidc_client_secret : str or None
        What this service is registered as at the issuer, so that people sign in there with a
        browser; without the id they have accounts of this service only.
    oidc_role_claim, oidc_person_claim, oidc_org_unit_claim : str
        Claims of a token that say role, person and org unit; dots reach into objects.
    session_idle_minutes, session_hours : int
        How long a browser stays signed in that asks for nothing, and at most.
    rate_limit, plan_limit : str
        Requests that one key or token may make, and plans that it may have solved one by one, by
        one worker's count.
    body_limit_mb, upload_limit_mb : int
        Size of a request's body, and of an uploaded table.
    slow_body_seconds : int
        How long a client may keep the server waiting for the next piece of a body.
    proxies : str
        Addresses or networks of proxies, with commas between; only from these is it believed who
        they say they pass requests on for.
    two_person : bool
        Whether it takes two people to make or rotate a key, or to erase somebody, by HTTP.
    mass_read_people : int
        How many different people one key or token may read within an hour, by one worker's count,
        before the log and the audit trail say so.
    open_docs : bool
        Whether the API's description and its page need no key.
    json_logs : bool
        Whether log lines are JSON.
    keep_assessments_months : int
        How long ratings, exam results and assessments are kept, and at least as long as a level
        may rest on them; what was learned from them stays.
    keep_plans_months : int
        How long a plan that is neither approved nor active is kept after its last change, and
        an objection after its answer.
    keep_shown_months : int
        How long it is kept which modules were shown to whom.
    keep_jobs_days : int
        How long jobs that have ended are kept, with their results.
    keep_idempotent_hours : int
        How long the answer to a request is kept, in case the same request is sent again.
    """

    # A compose file passes a variable that nobody set as an empty text: that means the default.
    model_config = SettingsConfigDict(
        env_prefix="RECOMMENDER_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,  # it may be a key
    )

    database: str = "sqlite:///recommender.db"
    catalog: Path = DEFAULT_CATALOG
    models: Path = Path("models")
    as_of: Annotated[dt.date, Field(ge=FIRST_DAY, le=LAST_DAY)] = Field(
        default_factory=dt.date.today
    )
    lang: Literal["zh-CN", "en"] = "zh-CN"
    # Secret, so that no log or traceback that shows the settings shows the key.
    model_key: SecretStr | None = None
    pseudonym_key: SecretStr | None = None
    oidc_issuer: str | None = None
    oidc_audience: str | None = None
    oidc_jwks: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_role_claim: str = "role"
    oidc_person_claim: str = "person_id"
    oidc_org_unit_claim: str = "org_unit"
    session_idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    session_hours: Annotated[int, Field(ge=1, le=168)] = 12
    # Counted by each worker alone: two workers let twice as many pass.
    rate_limit: str = "1200/minute"
    plan_limit: str = "600/hour"
    body_limit_mb: Annotated[int, Field(ge=1, le=1000)] = 1
    upload_limit_mb: Annotated[int, Field(ge=1, le=1000)] = 50
    slow_body_seconds: Annotated[int, Field(ge=1, le=600)] = 20
    proxies: str = ""
    two_person: bool = False
    mass_read_people: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    open_docs: bool = False
    json_logs: bool = True
    keep_assessments_months: Annotated[int, Field(ge=1, le=600)] = 60
    keep_plans_months: Annotated[int, Field(ge=1, le=600)] = 60
    keep_shown_months: Annotated[int, Field(ge=1, le=600)] = 36
    keep_jobs_days: Annotated[int, Field(ge=1, le=3650)] = 90
    keep_idempotent_hours: Annotated[int, Field(ge=1, le=720)] = 24

    @field_validator("pseudonym_key")
    @classmethod
    def _check_pseudonym_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and not re.fullmatch("[0-9a-f]{64}", key.get_secret_value()):
            raise ValueError("64 hexadecimal digits (openssl rand -hex 32)")
        return key

    @field_validator("oidc_client_id")
    @classmethod
    def _check_client_id(cls, client_id: str | None, others: ValidationInfo) -> str | None:
        if client_id is not None and not others.data.get("oidc_issuer"):
            raise ValueError("RECOMMENDER_OIDC_ISSUER has to be set, too")
        return client_id

    @property
    def signing_key(self) -> bytes | None:
        """The key that signs the cards of models, if there is one."""
        return self.model_key.get_secret_value().encode() if self.model_key else None

    @property
    def pseudonym_digits(self) -> str | None:
        """The key that pseudonyms are made with, if it is set."""
        return self.pseudonym_key.get_secret_value() if self.pseudonym_key else None

    def today(self) -> dt.date:
        """Return the day a question is asked, also in a process that runs for months."""
        # The default was computed when the process started; only a day that was set stands still.
        return self.as_of if "as_of" in self.model_fields_set else dt.date.today()

    @property
    def latest_fact_on(self) -> dt.date:
        """The last day a recorded fact may have: today, or `as_of` where that lies ahead."""
        return max(self.as_of, dt.date.today())
