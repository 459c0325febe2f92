"""What every catalogue type is made of: ids, levels, texts in two languages, frozen records."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, StringConstraints

# ids stand in file names, addresses and CSV cells: nothing in them needs quoting anywhere
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Level = Annotated[float, Field(ge=0, le=4)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
IndicatorId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+\.[1-4]\.[1-9]\d*$")]
OutcomeTarget = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+\.([1-4]\.\d+|[a-z0-9-]+)$")]
Provenance = Literal["source", "authored"]


class Frozen(BaseModel):
    """Base of every catalogue type: immutable, closed to unknown keys, every figure finite."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        serialize_by_alias=True,
        allow_inf_nan=False,
    )


class Text(Frozen):
    """A text in both languages of the product."""

    # `zh-CN` in files and answers, `zh_cn` in Python
    zh_cn: Line = Field(
        validation_alias=AliasChoices("zh-CN", "zh_cn"), serialization_alias="zh-CN"
    )
    en: Line

    def in_language(self, lang: str) -> str:
        """Return the English text for ``en`` and the Chinese one for anything else."""
        return self.en if lang == "en" else self.zh_cn
