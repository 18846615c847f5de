"""plugins: find plugins by entry point, load the ones that are named, and ask them one at a time.

Discovered is not activated: finding reads the metadata of installed distributions and imports
nothing. A hook that fails is reported with the plugin's name, version and hook; the others live on.
"""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy
from attrs import define, evolve, field, frozen

from packc import hookspecs
from packc.answers import kind, misfit
from packc.diagnostics import Diagnostic, PackcError, Span, did_you_mean
from packc.entries import Entry, entries
from packc.installed import package_digest
from packc.model import Distribution
from packc.supervision import ENDING, LEAVE_ALONE, Guard, TooSlowError, reason, supervised
from packc.surroundings import MODULES, EndsProcessError, parts, replaced

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = hookspecs.PROJECT
FORMATS = f"{GROUP}.formats"
MANIFESTS, ALL = "manifests", "all"
"""What `--format` takes besides the names of plugins: the format of packc's own, and every one."""
HOOK_SECONDS = 10.0
PATIENCE = 30
"""A format may take so many times as long as a hook: it compiles many variants."""
HOOKS = tuple(name for name in dir(hookspecs) if name.startswith("packc_"))
_TURNS = threading.RLock()
"""Hooks are asked one at a time: what one changes in the process is known to be its doing."""
LEVEL_NAME = "PACKC_API"


@frozen
class Found:
    """An entry point: what an installed distribution says that it provides. Nothing is imported."""

    name: str
    target: str
    distribution: Distribution
    entry_point: Entry | EntryPoint = field(repr=False, eq=False)

    @property
    def module(self) -> str:
        return self.target.partition(":")[0].strip()

    @property
    def names(self) -> frozenset[str]:
        """Return what it may be called: by its name, its distribution's, or one of its modules'."""
        called = (self.name, self.distribution.name, self.module, self.module.partition(".")[0])
        return frozenset(map(plain_name, called))

    def __str__(self) -> str:
        return f"plugin '{self.name}' ({self.distribution.name} {self.distribution.version})"


def plain_name(name: str) -> str:
    """Return a name as package indexes compare them: Packc_GCP is packc-gcp."""
    return re.sub(r"[-_.]+", "-", name).lower()


@frozen
class Plugin:
    """A loaded plugin. `name` is its entry point's: the cloud or feature that it provides."""

    name: str
    module: ModuleType = field(repr=False, eq=False)
    distribution: Distribution

    @property
    def level(self) -> Any:
        """Return the level of the API that the plugin says it needs; the first where it is mute."""
        return getattr(self.module, LEVEL_NAME, 1)

    def holds(self, module: str) -> bool:
        """Return whether a module, by its name, is the plugin's or inside of it."""
        own = self.module.__name__
        return module == own or module.startswith(f"{own}.")

    def __str__(self) -> str:
        return f"plugin '{self.name}' ({self.distribution.name} {self.distribution.version})"


def discover(group: str = GROUP) -> dict[str, tuple[Found, ...]]:
    """Return the installed plugins of a group by name, sorted; two of one name side by side."""
    found: dict[str, list[Found]] = {}
    for entry in entries(group):
        found.setdefault(entry.name, []).append(
            Found(entry.name, entry.value, _distribution(entry), entry)
        )
    return {
        # An editable install can list one entry point twice; it is still one plugin.
        name: tuple(sorted(set(found[name]), key=lambda f: (f.distribution.name, f.target)))
        for name in sorted(found)
    }


def _distribution(entry: Entry | EntryPoint) -> Distribution:
    if isinstance(entry, Entry):
        return Distribution(entry.distribution_name, entry.distribution_version)
    if entry.dist is None:
        return Distribution("unknown", "0")
    return Distribution(entry.dist.name or "unknown", entry.dist.version or "0")


def one_of(
    installed: Mapping[str, tuple[Found, ...]], name: str, span: Span | None = None
) -> Found:
    """Return the one installed plugin of that name; raise PK201 for two of them, PK202 for none."""
    found = installed.get(name, ())
    if not found:
        hint = did_you_mean(name, installed)
        names = ", ".join(installed) or "none"
        raise PackcError(
            Diagnostic(
                "PK202",
                f"no installed plugin provides '{name}'",
                span,
                hint or f"install one; those installed are: {names}",
            )
        )
    if len(found) > 1:
        rivals = " and ".join(
            f"{f.distribution.name} {f.distribution.version} ({f.target})" for f in found
        )
        hint = "uninstall one: packc does not choose between them"
        raise PackcError(
            Diagnostic("PK201", f"two plugins are named '{name}': {rivals}", span, hint)
        )
    return found[0]


@define(eq=False, repr=False)
class Host:
    """Loads plugins and asks them.

    `installed` is what `discover` found; `seconds` is how long one hook may take. `refused` names
    plugins, distributions or modules that are never loaded, spelt in any way that means the same to
    a package index. With `is_locked` a pack takes part only as its lock has it, together with the
    `formats` that are asked for.
    """

    installed: Mapping[str, tuple[Found, ...]] = field(factory=discover)
    seconds: float = HOOK_SECONDS
    refused: frozenset[str] = field(default=frozenset(), kw_only=True)
    is_locked: bool = field(default=False, kw_only=True)
    formats: tuple[str, ...] = field(default=(), kw_only=True)
    _manager: pluggy.PluginManager = field(init=False, repr=False)
    _loaded: dict[str, Plugin] = field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)

    def load(self, name: str, span: Span | None = None) -> Plugin:
        """Return the plugin of that name, imported and registered.

        `span` is where the name stands. Raises PackcError: PK201 two plugins of one name, PK202 no
        such plugin, PK203 it cannot be imported, PK209 its hooks do not fit, PK236 it is refused,
        PK237 it needs another packc, PK238 its import changes what it must leave alone.
        """
        if name not in self._loaded:
            found = self.find(name, span)
            plugin = Plugin(name, self._import(found, span), found.distribution)
            self._register(plugin, span)
            self._loaded[name] = plugin
        return self._loaded[name]

    def ask(
        self, plugin: Plugin, hook: str, item_type: type, /, **arguments: Any
    ) -> tuple[Any, ...]:
        """Return what the plugin's hook answers, checked; empty where it has no such hook.

        Raises PackcError that names plugin and hook: PK205 it raised, PK206 it returned something
        else than items of `item_type`, PK207 it took too long, PK208 it tried to change its
        arguments, PK238 it changed what all code of the process shares.
        """
        others = [p.module for p in self._loaded.values() if p.module is not plugin.module]
        caller = self._manager.subset_hook_caller(hook, remove_plugins=others)
        if not caller.get_hookimpls():
            return ()
        guard = Guard(plugin, hook, caller.get_hookimpls()[0].function, item_type=item_type)
        with _TURNS, guard.watch(self.seconds):
            answers = caller(**arguments)
            items = [item for answer in answers for item in guard.items(answer)]
            guard.weigh(items)
        for index, item in enumerate(items):
            problem = misfit(item, item_type, f"answer[{index}]")
            if problem is not None:
                guard.fail("PK206", f"answered wrongly: {problem}", guard.wanted)
        return tuple(items)

    @contextmanager
    def own_parts_kept(self, plugins: Iterable[Plugin]) -> Iterator[None]:
        """Raise PackcError (PK238) where hooks in the block replaced parts of packc.

        That is too slow to look at in each hook, so the error names the plugin that the new part
        comes from, or else all of `plugins`. Where packc then stumbles, that is the reason.
        """
        before = parts()
        stumble: Exception | None = None
        try:
            yield
        except Exception as error:
            stumble = error
        found = replaced(before)
        if found:
            others = stumble.diagnostics if isinstance(stumble, PackcError) else ()
            raise PackcError(*others, _replaced_parts(found, tuple(plugins))) from stumble
        if stumble is not None:
            raise stumble

    @contextmanager
    def at_work(
        self, plugin: Plugin, deed: str, function: Callable[..., Any], code: str
    ) -> Iterator[None]:
        """Watch a block in which a plugin works for longer than in a hook, as a format does.

        `deed` names what it does, `code` is for what it raises.
        """
        named = function if inspect.isfunction(function) else plugin.module.packc_formats
        with Guard(plugin, deed, named, code).watch(self.seconds * PATIENCE, MODULES):
            yield

    def hooks(self, plugin: Plugin) -> tuple[str, ...]:
        """Return the names of the hooks that the plugin implements, sorted."""
        callers = self._manager.get_hookcallers(plugin.module) or []
        return tuple(sorted(caller.name for caller in callers))

    def find(self, name: str, span: Span | None = None) -> Found:
        """Return the one installed plugin of that name; raise PK201, PK202 or PK236."""
        found = one_of(self.installed, name, span)
        if {plain_name(each) for each in self.refused} & found.names:
            hint = "ask for other clouds and formats, or take it off --refuse-plugin"
            raise PackcError(Diagnostic("PK236", f"{found} is refused", span, hint))
        return found

    def check_refused(self) -> None:
        """Raise PackcError (PK202) for a refused name that nothing installed has: it may be a typo.

        Something that is not installed needs no refusal; something misspelt would be let in.
        """
        if not self.refused:
            return
        every = chain.from_iterable((*discover(FORMATS).values(), *self.installed.values()))
        names = {name for found in every for name in found.names}
        unknown = [name for name in sorted(self.refused) if plain_name(name) not in names]
        hint = "leave out --refuse-plugin for what is not installed; `packc plugins` lists what is"
        if unknown:
            raise PackcError(
                *(
                    Diagnostic(
                        "PK202",
                        f"nothing that is installed is called '{name}', so it cannot be refused",
                        hint=did_you_mean(plain_name(name), names) or hint,
                    )
                    for name in unknown
                )
            )

    def _import(self, found: Found, span: Span | None) -> ModuleType:
        try:
            with supervised(self.seconds, str(found), MODULES) as deeds:
                module = found.entry_point.load()
        except BaseException as error:  # a plugin may even exit while it is imported
            if deeds.is_interrupted:
                raise
            raise _not_imported(found, self._reason_of_import(error), span) from error
        if deeds.is_interrupted:
            raise KeyboardInterrupt
        if deeds.endings:
            raise _not_imported(found, f"it {ENDING} {deeds.endings[0]}", span)
        if deeds.changed:
            text = f"importing {found} {deeds.change}"
            raise PackcError(Diagnostic("PK238", text, span, deeds.mend))
        if not isinstance(module, ModuleType):
            hint = f"its author: name the module, '{found.name} = \"{found.module}\"'"
            text = f"the entry point of {found} names {kind(module)}, expected a module"
            raise PackcError(Diagnostic("PK203", text, span, hint))
        return module

    def _reason_of_import(self, error: BaseException) -> str:
        if isinstance(error, TooSlowError):
            return f"that takes longer than {self.seconds:g} s"
        return f"it {ENDING} {error}" if isinstance(error, EndsProcessError) else reason(error)

    def _register(self, plugin: Plugin, span: Span | None) -> None:
        if self._manager.is_registered(plugin.module):
            return
        problem = (
            _another_level(plugin, span)
            or _unknown_hook(plugin, span)
            or _unmarked_hook(plugin, span)
        )
        if problem is not None:
            raise PackcError(problem)
        try:
            self._manager.register(plugin.module, name=plugin.module.__name__)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            if self._manager.is_registered(plugin.module):
                self._manager.unregister(plugin.module)
            raise PackcError(_does_not_fit(plugin, str(error), span)) from error


def with_digest(plugin: Plugin) -> Distribution:
    """Return the plugin's distribution with the digest of the code that was loaded."""
    return _with_digest(str(plugin), plugin.distribution, plugin.module.__name__)


def found_with_digest(found: Found) -> Distribution:
    """Return a plugin's distribution with the digest of what would be loaded; nothing is."""
    return _with_digest(str(found), found.distribution, found.module)


def _with_digest(plugin: str, distribution: Distribution, module: str) -> Distribution:
    try:
        return evolve(distribution, digest=package_digest(module))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "install it as files, not as an archive, and check their permissions"
        text = f"the files of {plugin} cannot be read: {reason}"
        raise PackcError(Diagnostic("PK239", text, hint=hint)) from error


def _replaced_parts(found: Mapping[str, Any], plugins: Sequence[Plugin]) -> Diagnostic:
    origins = {str(getattr(value, "__module__", None)) for value in found.values()}
    culprits = [p for p in plugins if any(p.holds(origin) for origin in origins)]
    names = " or ".join(map(str, culprits or plugins))
    text = f"a hook of {names} changed packc's own modules: {', '.join(sorted(found))}"
    return Diagnostic("PK238", text, hint=LEAVE_ALONE)


def _not_imported(found: Found, reason: str, span: Span | None) -> PackcError:
    text = f"{found} cannot be imported: {reason}"
    hint = f"try `python -c 'import {found.module}'`, and tell its author"
    return PackcError(Diagnostic("PK203", text, span, hint))


def _another_level(plugin: Plugin, span: Span | None) -> Diagnostic | None:
    """Return an error where a plugin needs a newer packc than this one."""
    level = plugin.level
    if type(level) is not int or level < 1:
        text = f"{plugin} states {kind(level)} as {LEVEL_NAME}, expected a whole number from 1 on"
        return Diagnostic("PK237", text, span, "tell the plugin's author")
    if level > hookspecs.API_LEVEL:
        text = f"{plugin} needs level {level} of the API, and this packc has {hookspecs.API_LEVEL}"
        return Diagnostic("PK237", text, span, "install a newer packc, or an older plugin")
    return None


def _unknown_hook(plugin: Plugin, span: Span | None) -> Diagnostic | None:
    for name in _hook_like(plugin):
        if name not in HOOKS:
            hint = did_you_mean(name, HOOKS) or f"the hooks are {', '.join(HOOKS)}"
            return Diagnostic("PK209", f"{plugin} has an unknown hook '{name}'", span, hint)
    return None


def _unmarked_hook(plugin: Plugin, span: Span | None) -> Diagnostic | None:
    """Return an error where a hook would never be called, because nothing says that it is one."""
    for name in _hook_like(plugin):
        if not hasattr(getattr(plugin.module, name), f"{hookspecs.PROJECT}_impl"):
            text = f"'{name}' of {plugin} is not marked as a hook"
            return Diagnostic("PK209", text, span, "write '@hookimpl' above it")
    return None


def _hook_like(plugin: Plugin) -> list[str]:
    return [
        name
        for name in dir(plugin.module)
        if name.startswith("packc_") and inspect.isroutine(getattr(plugin.module, name))
    ]


def _does_not_fit(plugin: Plugin, reason: str, span: Span | None) -> Diagnostic:
    last_line = reason.strip().splitlines()[-1]
    text = f"a hook of {plugin} does not fit: {last_line}"
    return Diagnostic("PK209", text, span, "tell the plugin's author")
