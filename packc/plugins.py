"""plugins: find plugins by entry point, load the ones that are named, and ask them one at a time.

Discovered is not activated: finding reads the metadata of installed distributions and imports
nothing. A hook that fails is reported with the plugin's name, version and hook; the others live on.
"""

from __future__ import annotations

import faulthandler
import inspect
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import attrs
import pluggy
from attrs import define, evolve, field, frozen

from packc import hookspecs
from packc.answers import kind, misfit
from packc.diagnostics import Diagnostic, PackcError, Span, did_you_mean
from packc.entries import Entry, entries
from packc.frozen import FrozenError
from packc.installed import package_digest
from packc.model import Distribution
from packc.surroundings import (
    MODULES,
    THREADS,
    Aspect,
    EndsProcessError,
    alive,
    interruptions,
    kept,
    parts,
    quiet,
    replaced,
)

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = hookspecs.PROJECT
FORMATS = f"{GROUP}.formats"
MANIFESTS, ALL = "manifests", "all"
"""What `--format` takes besides the names of plugins: the format of packc's own, and every one."""
HOOK_SECONDS = 10.0
PATIENCE = 30
"""A format may take so many times as long as a hook: it compiles many variants."""
GRACE_SECONDS = 5.0
"""After the limit and so much more the process ends, where a hook cannot be interrupted."""
LAST_CALL = 0.8
"""After this share of the grace it ends with a message, if any code of Python still runs."""
HOOKS = tuple(name for name in dir(hookspecs) if name.startswith("packc_"))
_TURNS = threading.RLock()
"""Hooks are asked one at a time: what one changes in the process is known to be its doing."""
LEVEL_NAME = "PACKC_API"
LEAVE_ALONE = "it is put back; tell the plugin's author that a hook only computes"
STILL_RUNNING = (
    "packc ends without waiting for it; tell the plugin's author that a hook only computes"
)
ENDING = "tried to end the process with"
MAX_ITEMS = 100_000
"""More items than any real plugin returns; a generator without end is stopped here."""
MAX_MEMBERS = 1_000_000
"""More members than any list or map of a plugin's has."""
MAX_WEIGHT = 64 * 1024 * 1024
"""More characters and values than any real answer holds: as many as a file of a pack may have."""


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
        guard = _Guard(plugin, hook, caller.get_hookimpls()[0].function, item_type=item_type)
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
        with _Guard(plugin, deed, named, code).watch(self.seconds * PATIENCE, MODULES):
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
            with _supervised(self.seconds, str(found), MODULES) as deeds:
                module = found.entry_point.load()
        except BaseException as error:  # a plugin may even exit while it is imported
            if deeds.is_interrupted:
                raise
            reason = self._reason_of_import(error)
            raise _not_imported(found, reason, span) from error
        if deeds.is_interrupted:
            raise KeyboardInterrupt
        if deeds.endings:
            raise _not_imported(found, f"it {ENDING} {deeds.endings[0]}", span)
        if deeds.changed:
            text = f"importing {found} changed {_and(deeds.changed)}"
            raise PackcError(Diagnostic("PK238", text, span, _mend(deeds.changed)))
        if not isinstance(module, ModuleType):
            hint = f"its author: name the module, '{found.name} = \"{found.module}\"'"
            text = f"the entry point of {found} names {kind(module)}, expected a module"
            raise PackcError(Diagnostic("PK203", text, span, hint))
        return module

    def _reason_of_import(self, error: BaseException) -> str:
        if isinstance(error, _TooSlowError):
            return f"that takes longer than {self.seconds:g} s"
        return f"it {ENDING} {error}" if isinstance(error, EndsProcessError) else _reason(error)

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


@frozen
class _Deeds:
    """What a plugin did while it was at work: what it changed, and how it tried to end packc.

    `interruptions` are those by the user. They count even where the plugin swallowed the exception.
    """

    changed: list[str]
    endings: list[str]
    interruptions: list[int]

    @property
    def is_interrupted(self) -> bool:
        return bool(self.interruptions)


@contextmanager
def _supervised(seconds: float, whose: str, *more: Aspect) -> Iterator[_Deeds]:
    """Run a block of a plugin's: in time, quietly, and so that the process lives on unchanged."""
    with (
        interruptions() as interrupted,
        kept(*more) as changed,
        alive() as endings,
        _time_limit(seconds, whose),
        quiet(),
    ):
        yield _Deeds(changed, endings, interrupted)


_end = os._exit
"""What ends the process also while plugins may not."""


class _TooSlowError(BaseException):
    """Raised inside a hook that takes too long; no `except Exception` of a plugin stops it."""


@frozen(eq=False, repr=False)
class _Guard:
    """Turns whatever goes wrong in one call of a hook into a diagnostic that names it."""

    plugin: Plugin
    hook: str
    function: Callable[..., Any]
    code: str = "PK205"
    item_type: type = object

    def __str__(self) -> str:
        return f"{self.hook} of {self.plugin}"

    @property
    def wanted(self) -> str:
        """Return what the hook's author should do, as a hint."""
        return f"tell the plugin's author: return a list of {self.item_type.__name__}"

    @contextmanager
    def watch(self, seconds: float, *more: Aspect) -> Iterator[None]:
        try:
            with _supervised(seconds, str(self), *more) as deeds:
                yield
        except PackcError:
            raise
        except _TooSlowError:
            self.fail(
                "PK207",
                f"took longer than {seconds:g} s",
                "look for an endless loop, or raise the limit with --hook-timeout",
            )
        except FrozenError as error:
            self.fail("PK208", "tried to change its arguments", str(error), error)
        except EndsProcessError as error:
            self.fail(self.code, f"{ENDING} {error}", cause=error)
        except BaseException as error:
            if deeds.is_interrupted:
                raise
            if type(error).__name__ == "FrozenInstanceError":
                self.fail("PK208", "tried to change its arguments", "return a patch instead", error)
            self.fail(self.code, f"raised {_reason(error)}", cause=error)
        if deeds.is_interrupted:
            raise KeyboardInterrupt
        if deeds.endings:
            self.fail(self.code, f"{ENDING} {deeds.endings[0]}")
        if deeds.changed:
            self.fail("PK238", f"changed {_and(deeds.changed)}", _mend(deeds.changed))

    def items(self, answer: Any) -> Iterator[Any]:
        """Yield the items of an answer, which is any iterable but text or a map."""
        if isinstance(answer, str | bytes | Mapping) or not hasattr(answer, "__iter__"):
            self.fail("PK206", f"returned {kind(answer)}, expected a list", self.wanted)
        for count, item in enumerate(answer):
            if count == MAX_ITEMS:
                self.fail("PK206", f"returned more than {MAX_ITEMS} items")
            yield item

    def weigh(self, items: list[Any]) -> None:
        """Refuse an answer that is too large, or that holds itself."""
        if _is_too_heavy(items):
            self.fail("PK206", f"returned more than {MAX_WEIGHT:,} characters and values")

    def fail(
        self,
        code: str,
        message: str,
        hint: str = "tell the plugin's author",
        cause: BaseException | None = None,
    ) -> NoReturn:
        span = _raised_at(cause, self.plugin) or span_of(self.function)
        text = f"{self} {message}"
        raise PackcError(Diagnostic(code, text, span, hint)) from cause


@contextmanager
def _time_limit(seconds: float, whose: str) -> Iterator[None]:
    """Interrupt the block after that many seconds, where there is SIGALRM: in a main thread.

    Where no interruption gets through, the process ends after some more: a loop that swallows every
    exception with a message, a loop of native code with the lines that Python was at, for nothing
    else of Python runs meanwhile.
    """
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable or seconds <= 0:
        yield
        return
    end = time.monotonic() + seconds + GRACE_SECONDS * LAST_CALL

    def interrupt(number: int, frame: FrameType | None) -> None:
        if time.monotonic() > end:
            _give_up(f"{whose} takes longer than {seconds:g} s, and cannot be interrupted")
        raise _TooSlowError

    handler = signal.signal(signal.SIGALRM, interrupt)
    try:
        # It repeats, so that a hook that swallows the first interruption meets the next.
        with (
            _timer(signal.ITIMER_REAL, seconds, 0.1),
            _last_resort(seconds + GRACE_SECONDS),
        ):
            yield
    finally:
        signal.signal(signal.SIGALRM, handler)


@contextmanager
def _timer(which: int, seconds: float, interval: float = 0) -> Iterator[None]:
    """Run a timer during the block; one that ran before, as a format's does, runs on after it."""
    begun = time.monotonic()
    left, its_interval = signal.setitimer(which, seconds, interval)
    try:
        yield
    finally:
        if left:
            left = max(left - (time.monotonic() - begun), 0.001)
        signal.setitimer(which, left, its_interval)


_ends: list[float] = []
"""When each watchdog would end the process; the one that runs is the last."""


@contextmanager
def _last_resort(seconds: float) -> Iterator[None]:
    """Let a watchdog that needs no Python to run end the process, with 1, after the block's time.

    There is one in a process. An outer block, as of a format, has it back after an inner one.
    """
    _ends.append(time.monotonic() + seconds)
    faulthandler.dump_traceback_later(seconds, exit=True, file=2)
    try:
        yield
    finally:
        _ends.pop()
        faulthandler.cancel_dump_traceback_later()
        if _ends:
            left = max(_ends[-1] - time.monotonic(), 0.001)
            faulthandler.dump_traceback_later(left, exit=True, file=2)


def _give_up(text: str) -> NoReturn:
    hint = "look for a loop that catches BaseException; tell the plugin's author"
    message = f"error[PK207]: {text}\n  hint: {hint}\n"
    with suppress(OSError):
        os.write(2, message.encode(errors="backslashreplace"))
    _end(1)


def _is_too_heavy(items: list[Any]) -> bool:
    weight, waiting = 0, list(items)
    while waiting:
        item = waiting.pop()
        weight += 1
        if isinstance(item, str | bytes):
            weight += len(item)
            continue
        members = [*islice(_members(item), MAX_MEMBERS + 1)]  # a list of a plugin's may never end
        waiting.extend(members)
        if len(members) > MAX_MEMBERS or weight + len(waiting) > MAX_WEIGHT:
            return True
    return weight > MAX_WEIGHT


def _members(item: Any) -> Iterable[Any]:
    if isinstance(item, Mapping):
        return chain(item, item.values())
    if isinstance(item, list | tuple | set | frozenset):
        return item
    if attrs.has(type(item)):
        return (getattr(item, each.name) for each in attrs.fields(type(item)))
    return ()


def span_of(function: Callable[..., Any]) -> Span:
    """Return where a function begins, named by module: the same on every machine."""
    code = inspect.unwrap(function).__code__
    return Span(_module_file(function.__module__, code.co_filename), code.co_firstlineno, 1)


def _raised_at(error: BaseException | None, plugin: Plugin) -> Span | None:
    """Return the innermost line of the plugin's own code that an error came through."""
    span, trace = None, error.__traceback__ if error else None
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if plugin.holds(module):
            span = Span(_module_file(module, trace.tb_frame.f_code.co_filename), trace.tb_lineno, 1)
        trace = trace.tb_next
    return span


def _module_file(module: str, filename: str) -> str:
    name = module.replace(".", "/")
    return f"{name}/__init__.py" if filename.endswith("__init__.py") else f"{name}.py"


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


def _and(names: list[str]) -> str:
    return " and ".join(names)


def _mend(changed: list[str]) -> str:
    return STILL_RUNNING if THREADS in changed else LEAVE_ALONE


def _reason(error: BaseException) -> str:
    try:
        with _time_limit(1, "the text of an error"):
            text = " ".join(str(error).split())
    except BaseException as second:  # an error's own text is the plugin's code too
        text = f"its text cannot be had: {type(second).__name__}"
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
