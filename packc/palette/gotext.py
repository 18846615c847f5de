"""gotext: Go templates, as far as a linter needs: blocks, functions, and values that are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from attrs import define, field, frozen

_COMMENT: Final = re.compile(r"-?\s*/\*")
# Possessive, so that hostile text costs no more than its length.
_CODE: Final = re.compile(
    r"""-?(?P<code>(?:"(?:[^"\\\n]|\\.)*+"|`[^`]*+`|'(?:[^'\\\n]|\\.)*+'|[^"`'}]|\}(?!\}))*+)\}\}"""
)
_TOKEN: Final = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*')
      |(?P<field>(?:\$\w*|\))?(?:\.[A-Za-z_]\w*)+)
      |(?P<name>[A-Za-z_]\w*)
      |(?P<other>\$\w*|:=|[-+]?[\d.][\w.]*|[.(){}|,=]|\s+)
      |(?P<odd>.)""",
    re.VERBOSE | re.DOTALL,
)
_OPENERS: Final = ("if", "range", "with", "block", "define")
_KEYWORDS: Final = (*_OPENERS, "else", "end", "template", "break", "continue")
_CONSTANTS: Final = ("true", "false", "nil")

Path = tuple[str, ...]


@frozen
class Problem:
    """What is wrong in a template, and where."""

    offset: int
    message: str
    hint: str


@frozen
class Read:
    """A value below `.Values` that a template reads; `guarded` where it may be absent."""

    path: Path
    offset: int
    guarded: bool


@define
class Template:
    """What a template does: the values that it reads, and what is wrong with it."""

    reads: list[Read] = field(factory=list)
    problems: list[Problem] = field(factory=list)
    actions: int = 0
    _open: list[tuple[str, int]] = field(factory=list)

    def problem(self, offset: int, message: str, hint: str) -> None:
        self.problems.append(Problem(offset, message, hint))

    def take(self, code: str, offset: int) -> None:
        """Take one action."""
        self.actions += 1
        tokens = [m for m in _TOKEN.finditer(code) if not m[0].isspace()]
        words = [match[0] for match in tokens]
        for match in tokens:
            if match.lastgroup == "odd":
                self.problem(offset + match.start(), f"'{match[0]}' has no meaning here", _SYNTAX)
        self._block(words, offset)
        self._functions(tokens, offset)
        self._reads(tokens, offset)

    def close(self) -> None:
        """Note the blocks that are left open."""
        for word, offset in self._open:
            self.problem(offset, f"'{word}' has no end", "close it with {{ end }}")

    def _block(self, words: list[str], offset: int) -> None:
        first = words[0] if words else ""
        if first in _OPENERS:
            self._open.append((first, offset))
        elif first in ("end", "else") and not self._open:
            self.problem(offset, f"'{first}' closes nothing", "open a block before it, or drop it")
        elif first == "end":
            self._open.pop()
        elif not words:
            self.problem(offset, "an action is empty", _SYNTAX)

    def _functions(self, tokens: list[re.Match[str]], offset: int) -> None:
        for match in tokens:
            name = match[0]
            if match.lastgroup == "name" and name not in _KNOWN:
                hint = "Go templates, sprig and Helm are known; correct the spelling"
                self.problem(offset + match.start(), f"there is no function '{name}'", hint)

    def _reads(self, tokens: list[re.Match[str]], offset: int) -> None:
        words = {match[0] for match in tokens}
        guarded = bool(words & _GUARDS)
        for index, match in enumerate(tokens):
            if match.lastgroup == "field":
                path = _below_values(match[0])
                if path is None or _is_changed(tokens, index):
                    continue
                path += tuple(_indexed(tokens, index))
                if path or "kindIs" not in words:
                    self.reads.append(Read(path, offset + match.start(), guarded))


_SYNTAX: Final = 'write an action as {{ .Values.name }}; text with braces as {{ "{{" }}'
_GUARDS: Final = frozenset(
    {
        "default",
        "if",
        "with",
        "range",
        "hasKey",
        "coalesce",
        "empty",
        "dig",
        "ternary",
        "get",
        "not",
        "and",
        "or",
    }
)


def scan(text: str) -> Template:
    """Return what a template does."""
    template = Template()
    position = text.find("{{")
    while position >= 0:
        after = _after(text, position + 2, template)
        if after is None:
            template.problem(position, "an action is not closed", _SYNTAX)
            break
        position = text.find("{{", after)
    template.close()
    return template


def _after(text: str, start: int, template: Template) -> int | None:
    """Take the action or comment that starts there, and return where the text goes on."""
    if _COMMENT.match(text, start):
        end = text.find("*/", start)
        close = text.find("}}", end)
        return close + 2 if 0 <= end < close else None
    match = _CODE.match(text, start)
    if match is None:
        return None
    template.take(match["code"].removesuffix("-"), match.start("code"))
    return match.end()


def _below_values(name: str) -> Path | None:
    """Return the path below `.Values` of a field; None for other fields."""
    steps = name.split(".")
    if steps[0] in ("", "$") and steps[1:2] == ["Values"]:
        return tuple(steps[2:])
    return None


def _is_changed(tokens: list[re.Match[str]], index: int) -> bool:
    """Return whether a map is not read, but gets a key: `set .Values "a" 1`."""
    return index > 0 and tokens[index - 1][0] in ("set", "unset")


def _indexed(tokens: list[re.Match[str]], index: int) -> Iterator[str]:
    """Yield the keys of `index .Values "a" "b"`."""
    if index and tokens[index - 1][0] in ("index", "get", "hasKey"):
        for match in tokens[index + 1 :]:
            if match.lastgroup != "string":
                return
            yield match[0][1:-1]


_GO: Final = (
    "and call html index slice js len not or print printf println urlquery eq ge gt le lt ne"
)
_HELM: Final = (
    "toYaml toYamlPretty fromYaml fromYamlArray toToml fromToml toJson fromJson fromJsonArray"
    " include tpl required lookup mustToYaml mustToJson"
)
_SPRIG: Final = """
abbrev abbrevboth add add1 add1f addf adler32sum ago all any append atoi b32dec b32enc b64dec b64enc
base bcrypt biggest buildCustomCert camelcase cat ceil chunk clean coalesce compact concat contains
date date_in_zone date_modify dateInZone dateModify decryptAES deepCopy deepEqual default
derivePassword dict dig dir div divf duration durationRound empty encryptAES env expandenv ext fail
first float64 floor fromJson genCA genCAWithKey genPrivateKey genSelfSignedCert
genSelfSignedCertWithKey genSignedCert genSignedCertWithKey get getHostByName has hasKey hasPrefix
hasSuffix hello htmlDate htmlDateInZone htpasswd indent initial initials int int64 isAbs join
kebabcase keys kindIs kindOf last list lower max maxf merge mergeOverwrite min minf mod mul mulf
mustAppend mustChunk mustCompact mustDateModify mustDeepCopy mustFirst mustFromJson mustHas
mustInitial mustLast mustMerge mustMergeOverwrite mustPrepend mustPush mustRegexFind
mustRegexFindAll mustRegexMatch mustRegexReplaceAll mustRegexReplaceAllLiteral mustRegexSplit
mustRest mustReverse mustSlice mustToDate mustToJson mustToPrettyJson mustToRawJson mustUniq
mustWithout must_date_modify nindent nospace now omit osBase osClean osDir osExt osIsAbs pick
pluck plural prepend push quote randAlpha randAlphaNum randAscii randBytes randInt randNumeric
regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral regexSplit
repeat replace rest reverse round semver semverCompare seq set sha1sum sha256sum sha512sum shuffle
slice snakecase sortAlpha split splitList splitn squote sub subf substr swapcase ternary title
toDate toDecimal toJson toPrettyJson toRawJson toString toStrings trim trimAll trimPrefix trimSuffix
trimall trunc tuple typeIs typeIsLike typeOf uniq unixEpoch unset until untilStep untitle upper
urlJoin urlParse uuidv4 values without wrap wrapWith
"""
_KNOWN: Final = frozenset((*_KEYWORDS, *_CONSTANTS, *_GO.split(), *_HELM.split(), *_SPRIG.split()))
