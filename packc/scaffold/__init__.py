"""scaffold: writes the project of a new plugin, from templates that are files beside this one."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a plugin provides."""

    CLOUD = "cloud"
    FEATURE = "feature"
    FORMAT = "format"


class License(StrEnum):
    """The licences that a project can be given, by their SPDX names in lower case."""

    APACHE = "apache-2.0"
    BSD = "bsd-3-clause"
    MIT = "mit"
    NONE = "none"


class Pipeline(StrEnum):
    """The services that a project can be tested on."""

    GITHUB = "github"
    GITLAB = "gitlab"
    BOTH = "both"
    NONE = "none"
