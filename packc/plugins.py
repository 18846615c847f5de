"""plugins: find plugins by entry point, load the ones that are named, and ask them one at a time.

Discovered is not activated: finding reads the metadata of installed distributions and imports
nothing. A hook that fails is reported with the plugin's name, version and hook; the others live on.
"""

from __future__ import annotations

import faulthandler
import inspect
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import EntryPoint, distributions, entry_points
from itertools import chain, islice
from types import FrameType, ModuleType
from typing import Any, NoReturn

import attrs
import pluggy
from attrs import define, evolve, field, frozen

from packc import hookspecs
from packc.answers import kind, misfit
from packc.diagnostics import Diagnostic, PackcError, Span, did_you_mean
from packc.frozen import FrozenError
from packc.installed import package_digest
from packc.model import Distribution
from packc.surroundings import MODULES, kept, quiet

GROUP = hookspecs.PROJECT
FORMATS = f"{GROUP}.formats"
MANIFESTS, ALL = "manifests", "all"
"""What `--format` takes besides the names of plugins: the format of packc's own, and every one."""
HOOK_SECONDS = 10.0
PATIENCE = 30
"""A format may take so many times as long as a hook: it compiles many variants."""
GRACE_SECONDS = 5.0
"""After the limit and so much more the process ends, where a hook cannot be interrupted."""
HOOKS = tuple(name for name in dir(hookspecs) if name.startswith("packc_"))
LEVEL_NAME = "PACKC_API"
LEAVE_ALONE = "it is put back; tell the plugin's author that a hook only computes"
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
    entry_point: EntryPoint = field(repr=False, eq=False)

    @property
    def module(self) -> str:
        return self.target.partition(":")[0].strip()

    def __str__(self) -> str:
        return f"plugin '{self.name}' ({self.distribution.name} {self.distribution.version})"


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

    def __str__(self) -> str:
        return f"plugin '{self.name}' ({self.distribution.name} {self.distribution.version})"


def discover(group: str = GROUP) -> dict[str, tuple[Found, ...]]:
    """Return the installed plugins of a group by name, sorted; two of one name side by side."""
    found: dict[str, list[Found]] = {}
    for entry in _entry_points(group):
        distribution = Distribution("unknown", "0")
        if entry.dist is not None:
            distribution = Distribution(entry.dist.name or "unknown", entry.dist.version or "0")
        found.setdefault(entry.name, []).append(Found(entry.name, entry.value, distribution, entry))
    return {
        # An editable install can list one entry point twice; it is still one plugin.
        name: tuple(sorted(set(found[name]), key=lambda f: (f.distribution.name, f.target)))
        for name in sorted(found)
    }


def _entry_points(group: str) -> Iterable[EntryPoint]:
    """Return the entry points; a distribution with broken metadata does not stop the others."""
    try:
        return entry_points(group=group)
    except Exception:
        return list(_readable_entry_points(group))


def _readable_entry_points(group: str) -> Iterator[EntryPoint]:
    for distribution in distributions():
        with suppress(Exception):
            yield from distribution.entry_points.select(group=group)


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


@define
class Host:
    """Loads plugins and asks them.

    `installed` is what `discover` found; `seconds` is how long one hook may take. `refused` names
    plugins, or distributions, that are never loaded. With `is_locked` a pack takes part only as its
    lock has it, together with the `formats` that are asked for.
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
        guard = _Guard(plugin, hook, caller.get_hookimpls()[0].function)
        with guard.watch(self.seconds):
            answers = caller(**arguments)
            items = [item for answer in answers for item in guard.items(answer)]
            guard.weigh(items)
        for index, item in enumerate(items):
            problem = misfit(item, item_type, f"answer[{index}]")
            if problem is not None:
                guard.fail("PK206", f"answered wrongly: {problem}")
        return tuple(items)

    @contextmanager
    def at_work(
        self, plugin: Plugin, deed: str, function: Callable[..., Any], code: str
    ) -> Iterator[None]:
        """Watch a block in which a plugin works for longer than in a hook, as a format does.

        `deed` names what it does, `code` is for what it raises.
        """
        named = function if inspect.isfunction(function) else plugin.module.packc_formats
        with _Guard(plugin, deed, named, code).watch(self.seconds * PATIENCE):
            yield

    def hooks(self, plugin: Plugin) -> tuple[str, ...]:
        """Return the names of the hooks that the plugin implements, sorted."""
        callers = self._manager.get_hookcallers(plugin.module) or []
        return tuple(sorted(caller.name for caller in callers))

    def find(self, name: str, span: Span | None = None) -> Found:
        """Return the one installed plugin of that name; raise PK201, PK202 or PK236."""
        found = one_of(self.installed, name, span)
        if self.refused & {name, found.distribution.name}:
            hint = "ask for other clouds and formats, or take it off --refuse-plugin"
            raise PackcError(Diagnostic("PK236", f"{found} is refused", span, hint))
        return found

    def _import(self, found: Found, span: Span | None) -> ModuleType:
        try:
            with kept(MODULES) as changed, _time_limit(self.seconds, str(found)), quiet():
                module = found.entry_point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may even exit while it is imported
            reason = _reason(error)
            if isinstance(error, _TooSlowError):
                reason = f"that takes longer than {self.seconds:g} s"
            text = f"{found} cannot be imported: {reason}"
            hint = f"try `python -c 'import {found.module}'`, and tell its author"
            raise PackcError(Diagnostic("PK203", text, span, hint)) from error
        if changed:
            text = f"importing {found} changed {_and(changed)}"
            raise PackcError(Diagnostic("PK238", text, span, LEAVE_ALONE))
        if not isinstance(module, ModuleType):
            hint = f"its author: name the module, '{found.name} = \"{found.module}\"'"
            text = f"the entry point of {found} names {kind(module)}, expected a module"
            raise PackcError(Diagnostic("PK203", text, span, hint))
        return module

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


class _TooSlowError(BaseException):
    """Raised inside a hook that takes too long; no `except Exception` of a plugin stops it."""


@frozen
class _Guard:
    """Turns whatever goes wrong in one call of a hook into a diagnostic that names it."""

    plugin: Plugin
    hook: str
    function: Callable[..., Any]
    code: str = "PK205"

    def __str__(self) -> str:
        return f"{self.hook} of {self.plugin}"

    @contextmanager
    def watch(self, seconds: float) -> Iterator[None]:
        try:
            with kept() as changed, _time_limit(seconds, str(self)), quiet():
                yield
        except (PackcError, KeyboardInterrupt):
            raise
        except _TooSlowError:
            self.fail(
                "PK207",
                f"took longer than {seconds:g} s",
                "look for an endless loop, or raise the limit with --hook-timeout",
            )
        except FrozenError as error:
            self.fail("PK208", "tried to change its arguments", str(error), error)
        except BaseException as error:
            if type(error).__name__ == "FrozenInstanceError":
                self.fail("PK208", "tried to change its arguments", "return a patch instead", error)
            self.fail(self.code, f"raised {_reason(error)}", cause=error)
        if changed:
            self.fail("PK238", f"changed {_and(changed)}", LEAVE_ALONE)

    def items(self, answer: Any) -> Iterator[Any]:
        """Yield the items of an answer, which is any iterable but text or a map."""
        if isinstance(answer, str | bytes | Mapping) or not hasattr(answer, "__iter__"):
            self.fail("PK206", f"returned {kind(answer)}, expected a list")
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
    exception with a message, a loop of native code with the lines that Python was at.
    """
    usable = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not usable or seconds <= 0:
        yield
        return
    end = time.monotonic() + seconds + GRACE_SECONDS

    def interrupt(number: int, frame: FrameType | None) -> None:
        if time.monotonic() > end:
            _give_up(f"{whose} takes longer than {seconds:g} s, and cannot be interrupted")
        raise _TooSlowError

    handler = signal.signal(signal.SIGALRM, interrupt)
    try:
        # It repeats, so that a hook that swallows the first interruption meets the next.
        with (
            _timer(signal.ITIMER_REAL, seconds, 0.1),
            _dump_of(signal.SIGVTALRM),
            _timer(signal.ITIMER_VIRTUAL, seconds + GRACE_SECONDS),
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


@contextmanager
def _dump_of(number: int) -> Iterator[None]:
    """Let a signal that ends the process first print the lines that Python is at."""
    stream = sys.__stderr__
    try:
        faulthandler.register(number, stream or 2, all_threads=False, chain=True)
    except (OSError, RuntimeError, ValueError):  # there is nothing to print to
        yield
        return
    try:
        yield
    finally:
        faulthandler.unregister(number)


def _give_up(text: str) -> NoReturn:
    hint = "look for a loop that catches BaseException; tell the plugin's author"
    message = f"error[PK207]: {text}\n  hint: {hint}\n"
    with suppress(OSError):
        os.write(2, message.encode(errors="backslashreplace"))
    os._exit(1)


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
    package = plugin.module.__name__
    span, trace = None, error.__traceback__ if error else None
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module == package or module.startswith(f"{package}."):
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


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
