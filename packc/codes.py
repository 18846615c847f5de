"""codes: every diagnostic code with its meaning and the way out, as docs/diagnostics.md has it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Code(NamedTuple):
    """What a code means, in a few words, and what to do about it, in a sentence or two."""

    meaning: str
    way_out: str


CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        # PK1xx: load, settings and resolve
        "PK101": Code(
            "a file cannot be read",
            "Check the name, the permissions and the size. Only regular files are read, each up to"
            " 64 MiB.",
        ),
        "PK102": Code(
            "a file is not text",
            "Save the file as UTF-8 and remove the characters that YAML forbids.",
        ),
        "PK103": Code(
            "a file is not YAML",
            "Correct the place shown: most often the indentation, a tab, or a quote or bracket that"
            " is not closed.",
        ),
        "PK104": Code(
            "a key is set twice in one mapping",
            "Remove one of the two: which one would win depends on the reader.",
        ),
        "PK105": Code(
            "a limit of YAML reading is exceeded",
            "Flatten deep nesting and write aliases out. An alias needs an anchor above it, and"
            " all aliases of a file expand to at most a million characters.",
        ),
        "PK106": Code(
            "a value or key that kubectl does not read",
            "Quote keys that are not text, and remove tags, infinities and NaN: no manifest can"
            " hold them.",
        ),
        "PK108": Code(
            "a value that readers of YAML take differently",
            "A warning. The value is taken as kubectl takes it; write it in the spelling of the"
            " hint, which all readers take alike.",
        ),
        "PK110": Code(
            "an unknown key",
            "Correct the spelling. `packc schema` prints all keys, for an editor to complete.",
        ),
        "PK111": Code(
            "a value of the wrong type",
            "Give the type that is expected. Quote a number such as 3.10 where text is meant:"
            " unquoted it is 3.1.",
        ),
        "PK112": Code("a key is missing", "Add the key at the place shown."),
        "PK113": Code(
            "a value that the spec does not allow",
            "Choose one of the values named, or follow the hint. It also concerns a parameter that"
            " contradicts itself, such as a default outside its own limits.",
        ),
        "PK114": Code(
            "an edition that this packc does not know",
            "Write `packc: 1`, or install a packc that knows the edition.",
        ),
        "PK120": Code(
            "a path that leaves the pack",
            "Copy the file into the pack's folder and name it relative to that folder. Absolute"
            " paths, `..` and links to elsewhere are refused: a pack is complete in its folder.",
        ),
        "PK121": Code(
            "a file of the pack does not exist",
            "Correct the name; names are relative to the pack's folder.",
        ),
        "PK122": Code(
            "a document is no Kubernetes object",
            "Give it `apiVersion`, `kind` and `metadata.name` as text. Write the items of a List"
            " as documents.",
        ),
        "PK123": Code(
            "two objects of one identity",
            "Remove one, or give their files conditions that exclude each other. Group, kind,"
            " namespace and name tell objects apart.",
        ),
        "PK124": Code(
            "not the number of documents that is expected",
            "`pack.yaml` and patch files hold exactly one document, a file of objects one or more.",
        ),
        "PK125": Code(
            "a name that the pack does not declare",
            "Correct the spelling, or declare the parameter, cloud or feature. It also concerns a"
            " condition that can never hold.",
        ),
        "PK126": Code("a name is given twice", "Remove or rename one of the two."),
        "PK127": Code(
            "there is no pack here",
            "Name a folder that holds a `pack.yaml`.",
        ),
        "PK130": Code(
            "a value for a parameter that does not exist",
            "Correct the spelling. `packc show` lists the parameters of a pack.",
        ),
        "PK131": Code(
            "a value that does not fit its parameter",
            "Give a value of the type and within the limits that `packc show` names.",
        ),
        "PK133": Code(
            "a required parameter has no value",
            "Give it with `--set` or in a values file.",
        ),
        "PK134": Code(
            "a value that the cloud does not support",
            "Choose what the cloud supports, or leave the parameter out to take its default there.",
        ),
        "PK135": Code(
            "a network that breaks a rule of the pack",
            "Choose another network; where two parameters disagree, correct the one that is wrong."
            " The message gives the reason.",
        ),
        "PK136": Code(
            "a combination that the pack refuses",
            "Change one of the values. The message gives the reason.",
        ),
        "PK137": Code(
            "a deprecated parameter",
            "A warning. Use the name that replaces it; setting both is an error.",
        ),
        "PK138": Code(
            "a values file, or a file that a value names, is not usable",
            "A values file is one map of parameters. A parameter of type file takes a path,"
            " relative to the values file; key material is never written inline.",
        ),
        "PK139": Code(
            "a setting that has no effect",
            "A warning. Switch the feature on, or remove the setting.",
        ),
        # PK2xx: plugins
        "PK201": Code(
            "two plugins of one name",
            "Uninstall one of the two distributions: packc does not choose between them.",
        ),
        "PK202": Code(
            "no installed plugin has that name",
            "Correct the spelling, or install the plugin. `packc plugins` lists what is there.",
        ),
        "PK203": Code(
            "a plugin cannot be imported",
            "Import it by hand as the hint says, and tell its author what happens.",
        ),
        "PK204": Code(
            "a plugin does not provide what its name promises",
            "Name the plugin under `clouds` or `features`, whichever it provides. For its author:"
            " the cloud or feature has the name of the entry point.",
        ),
        "PK205": Code("a hook raised an exception", "Tell the plugin's author."),
        "PK206": Code(
            "a hook returned something that it must not",
            "Tell the plugin's author. Each hook's docstring says what it returns.",
        ),
        "PK207": Code(
            "a hook takes too long",
            "Look for an endless loop, or raise the limit with `--hook-timeout`.",
        ),
        "PK208": Code(
            "a hook tried to change its arguments",
            "Tell the plugin's author: what a hook is handed is read-only, changes are patches.",
        ),
        "PK209": Code(
            "the hooks of a plugin do not fit",
            "Tell the plugin's author: a hook has a known name, the mark `@hookimpl`, and"
            " arguments that the hook's specification names.",
        ),
        "PK210": Code(
            "the settings of a feature do not fit",
            "Give the feature each of its settings in `with:`, and no others.",
        ),
        "PK211": Code(
            "a cloud that the pack does not list",
            "A warning. The pack's author has not tried this cloud: look at the output with care.",
        ),
        "PK212": Code(
            "a feature that the pack does not offer",
            "Correct the spelling. `packc show` lists the features of a pack.",
        ),
        "PK213": Code(
            "several variants where one is meant",
            "Name one cloud with `--cloud`: `packc render` and `packc explain` take one variant.",
        ),
        "PK221": Code(
            "a plugin brings an object that is there already",
            "Let one of the two bring the object, and the other patch it. An object that a plugin"
            " brings does not stand in the pack as well.",
        ),
        "PK222": Code(
            "a plugin brings something that is no Kubernetes object",
            "Tell the plugin's author: an object has `apiVersion`, `kind` and `metadata.name`, is"
            " no list, and holds nothing that the cluster sets itself, such as `status`.",
        ),
        "PK223": Code(
            "a plugin brings a value that no manifest can hold",
            "Tell the plugin's author: objects are made of dicts with text as keys, lists, text,"
            " booleans, None, finite numbers and integers of 64 bits.",
        ),
        "PK224": Code(
            "a plugin brings an object that is too deep or too large",
            "Tell the plugin's author to flatten or split it. A cluster reads at most 3 MiB at a"
            " time, and packc at most 100 levels.",
        ),
        "PK231": Code(
            "a pack has no lock",
            "Write one with `packc lock`, or build without `--locked`.",
        ),
        "PK232": Code(
            "a lock is damaged",
            "Restore `packc.lock` from version control, or delete it and write it anew. After a"
            " merge that left marks, take either side and run `packc lock --upgrade`.",
        ),
        "PK233": Code(
            "a lock that a newer packc wrote",
            "Use the packc that wrote it: the lock names its version.",
        ),
        "PK234": Code(
            "something is not as it is locked",
            "Restore what was locked, or look at what would change with `packc lock --upgrade` and"
            " accept it. Each difference is an error of its own.",
        ),
        "PK235": Code(
            "the lock does not name what is asked for",
            "Add the cloud or format to the lock with `packc lock --cloud` or `--format`.",
        ),
        "PK236": Code(
            "a plugin is refused",
            "The pack or the command line asks for a plugin that `--refuse-plugin` names. Ask for"
            " other clouds, features and formats, or do not refuse it.",
        ),
        "PK237": Code(
            "a plugin needs another level of the API",
            "Install a newer packc, or an older version of the plugin.",
        ),
        "PK238": Code(
            "a hook changed what all code of the process shares",
            "Tell the plugin's author: a hook leaves the working directory, the environment, the"
            " umask, the locale, signal handlers, streams, threads, Python's built-in names and"
            " packc's modules alone. All but threads is put back; packc does not wait for those.",
        ),
        "PK239": Code(
            "the files of a plugin cannot be read",
            "Install it as files, not as an archive: their digest goes into records and locks.",
        ),
        "PK241": Code(
            "a plugin breaks a rule of the conformance kit",
            "The message begins with it; `packc plugin certify --explain RULE` prints its page.",
        ),
        "PK242": Code(
            "a name that stands for several plugins",
            "Name one by its entry point. `packc plugins` lists them.",
        ),
        "PK243": Code(
            "a certificate that cannot be written",
            "Certify the installed wheel, and name that with `--wheel`; no rule may be broken.",
        ),
        "PK244": Code(
            "a file that is no certificate",
            "Name a file that `packc plugin certify --certificate` has written.",
        ),
        "PK245": Code(
            "a rule that the conformance kit does not have",
            "Correct the spelling. `packc plugin certify --list` names the rules.",
        ),
        "PK251": Code(
            "a name that a new plugin cannot have",
            "Use a-z, 0-9 and single hyphens, as in `google-cloud`; `packc-` is put before it.",
        ),
        "PK252": Code(
            "a name that is reserved",
            "Choose another. YAML, Python or packc gives the word a meaning already.",
        ),
        "PK253": Code(
            "a name that an installed plugin has",
            "Choose another: packc refuses two plugins of one name. `packc plugins` lists them.",
        ),
        "PK254": Code(
            "a place for a new project that is taken",
            "Move it away, or choose another place with `-o`. Nothing is ever overwritten.",
        ),
        "PK255": Code(
            "a title or an author that cannot stand in a project's files",
            "Leave out quotes, braces, backslashes and what does not print.",
        ),
        "PK256": Code(
            "a new project cannot be written",
            "Choose another place with `-o`, or mend what the message names.",
        ),
        # PK3xx: patches
        "PK301": Code(
            "a path breaks the syntax",
            "A path begins with `/`; a step names a member, or a list item by key as in"
            " `[name=calico-node]`.",
        ),
        "PK302": Code(
            "a patch matches no object",
            "Correct the name. Where the object may be absent, say why with `optional: <reason>`.",
        ),
        "PK303": Code(
            "a patch matches several objects",
            "Name the group or the namespace as well: Kind.group/namespace/name.",
        ),
        "PK304": Code(
            "a path leads nowhere",
            "Correct the path. Where the target may be absent, say why with `optional: <reason>`.",
        ),
        "PK305": Code(
            "a keyed step does not name one item",
            "Name a key that is there: the message lists them. Adding an item whose key is taken"
            " is the same mistake.",
        ),
        "PK306": Code(
            "an operation changes nothing",
            "Drop the operation. Where its value comes from a parameter, say so with `parameter:`.",
        ),
        "PK307": Code(
            "a later write of the same writer hides a write",
            "Drop one of the two, or say with `overrides:` that it is meant.",
        ),
        "PK308": Code(
            "two writers conflict",
            "Let the one that is meant to win say `overrides: <the other>`, or give both conditions"
            " that never hold together.",
        ),
        "PK309": Code(
            "`overrides` names nobody who writes there",
            "Correct the name, or drop `overrides`. Two writers cannot override each other.",
        ),
        "PK310": Code(
            "a plugin names a list item by its index",
            "Tell the plugin's author: indices shift when a pack changes, keys do not.",
        ),
        "PK311": Code(
            "a `test` operation fails",
            "The object is not as the patch expects: bring the patch up to date with it.",
        ),
        "PK312": Code(
            "an operation that cannot be carried out",
            "Complete or correct the operation as the hint says.",
        ),
        "PK313": Code(
            "two writers write the same",
            "A note, shown with `--verbose`. One of the two is enough.",
        ),
        "PK314": Code(
            "a value that cannot stand where the pack puts it",
            "Convert a parameter's value with `as:`. It also concerns a patch that would make"
            " the object another one.",
        ),
        "PK340": Code(
            "no object of the variant has that name",
            "Correct the name: Kind/name or Kind/namespace/name. `packc explain` without an object"
            " lists them all.",
        ),
        "PK341": Code(
            "a name fits several objects",
            "Name the group or the namespace as well: Kind.group/namespace/name.",
        ),
        "PK342": Code(
            "an object that this variant does not have",
            "Choose another cloud, other features or other values: the message says what decides.",
        ),
        "PK343": Code(
            "a path that leads nowhere in the object",
            "Correct the path; the message lists what is there.",
        ),
        # PK4xx: check
        "PK401": Code(
            "a field that Kubernetes does not know",
            "Correct the spelling or the nesting: the API server drops unknown fields or refuses"
            " the object.",
        ),
        "PK402": Code(
            "a value that Kubernetes refuses",
            "Give the type and form that is expected. Quote numbers and truth values where text"
            " is meant.",
        ),
        "PK403": Code("a field that Kubernetes requires is missing", "Add the field."),
        "PK404": Code(
            "a kind or API version that no release has",
            "Correct `kind` or `apiVersion`; the hint names what there is.",
        ),
        "PK405": Code(
            "a custom resource without its CRD",
            "Nothing was checked. Add the CRD to the pack; where another pack brings it, switch"
            " the finding off with that reason.",
        ),
        "PK406": Code(
            "schemas are not installed",
            "Nothing was checked against them. Install `packc[check]`, or ask for releases that"
            " it knows with `--kubernetes`.",
        ),
        "PK411": Code(
            "an API version that a release does not serve",
            "Use the API version of the hint, or narrow the range with `--kubernetes`.",
        ),
        "PK412": Code(
            "an API version that is deprecated",
            "Use the replacement before a release drops it.",
        ),
        "PK421": Code(
            "a CRD whose schema is not structural",
            "Follow the message: the API server refuses such a schema, or does not prune and"
            " default by it.",
        ),
        "PK422": Code(
            "a CRD that does not fit together",
            "Correct the name, which is plural and group, or the list of versions: one is stored,"
            " one at least is served.",
        ),
        "PK431": Code(
            "a pod names an object that nothing provides",
            "Add the object or correct the name. Where somebody else provides it, mark it as"
            " optional or say so in `checks`.",
        ),
        "PK432": Code(
            "a key that the ConfigMap or Secret does not have",
            "Correct the key, or add it to the object.",
        ),
        "PK433": Code(
            "a mount of a volume that the pod does not have",
            "Correct the name, or add the volume.",
        ),
        "PK434": Code(
            "a port name that no container has",
            "Correct the name, or name the container's port so.",
        ),
        "PK435": Code(
            "a binding to a role that nothing provides",
            "Correct the name, or add the role.",
        ),
        "PK436": Code(
            "a selector that matches no pods",
            "Give the pod template and the selector the same labels.",
        ),
        "PK437": Code(
            "a binding to a ServiceAccount that nothing provides",
            "Correct name and namespace. Where another pack has the account, say so in `checks`.",
        ),
        "PK441": Code(
            "a name of an object that Kubernetes refuses",
            "Follow the rule that is expected.",
        ),
        "PK442": Code(
            "a label or annotation that Kubernetes refuses",
            "Follow the rule that is expected; annotations of one object hold 256 KiB at most.",
        ),
        "PK443": Code(
            "a name inside an object that Kubernetes refuses",
            "Follow the rule that is expected: it differs between containers, ports and keys.",
        ),
        "PK451": Code(
            "an image whose content may change",
            "Name a version tag, or better a digest.",
        ),
        "PK452": Code(
            "a container without a probe",
            "A note. Add the probe where the program can answer it.",
        ),
        "PK453": Code(
            "a container without requests or limits",
            "A note. State what it needs, so that the scheduler and the node can plan.",
        ),
        "PK454": Code(
            "a right on the host",
            "A note: what the pack asks of a host, for a reviewer to weigh.",
        ),
        "PK455": Code(
            "a duplicate in a pod",
            "Remove one of the two: the API server refuses them, or the last one wins in silence.",
        ),
        "PK461": Code("a parameter that changes nothing", "Bind it to a field, or remove it."),
        "PK462": Code(
            "a declared file that no variant uses",
            "Correct the condition, or remove the file and its entry.",
        ),
        "PK463": Code(
            "a file that nothing refers to",
            "Name it in pack.yaml, link to it in the pack's prose, or remove it.",
        ),
        "PK464": Code(
            "a condition that no variant meets",
            "Correct the condition, or remove what stands below it.",
        ),
        "PK465": Code(
            "a rule in `checks` that meets no finding",
            "Remove the rule: what it was for has gone.",
        ),
        "PK471": Code(
            "a variant that cannot be built without values",
            "Give the required values with `--set` or `--values`, so that the variant is checked"
            " too.",
        ),
        "PK472": Code(
            "variants that were left out",
            "A note: the pack has more variants than the limit. Raise `--max-variants`, or choose"
            " with `--cloud` and `--feature`.",
        ),
        # PK5xx: emit and write
        "PK501": Code(
            "a value that YAML output cannot hold",
            "Give what is expected: maps with text as keys, lists, text, finite numbers of at most"
            " 64 bits, booleans or null.",
        ),
        "PK502": Code("an object is nested too deeply", "Flatten it."),
        "PK503": Code(
            "the output cannot be written",
            "Free some space, or choose another folder with `-o`. What was there is untouched.",
        ),
        "PK504": Code(
            "the place of the output is taken",
            "Move away what is there, or choose another folder with `-o`: packc replaces only what"
            " it wrote.",
        ),
        "PK510": Code(
            "the process that built a pack has died",
            "The pack was begun a second time, and it happened again; the other packs are built."
            " Give it more memory, or fewer `--jobs`; where a plugin crashes, tell its author.",
        ),
        "PK511": Code(
            "an executor that packc does not know",
            "Use `processes`, or `dask://HOST:PORT` for a Dask cluster.",
        ),
        "PK512": Code(
            "a Dask cluster that cannot be used",
            "Start its scheduler and workers, with the same Python, packc and plugins as here. The"
            " message says what is missing. Packs whose results had come are written.",
        ),
        "PK513": Code(
            "an absolute path, where packs are built on other machines",
            "Change to a folder above it, and name it from there.",
        ),
        "PK514": Code(
            "options that exclude each other",
            "Leave one of them out.",
        ),
        # PK60x to PK62x: packaging, signing and verifying
        "PK601": Code(
            "a folder that cannot be packaged",
            "Name what `packc build` wrote: a variant, a pack's tree of variants, or a Palette"
            " pack.",
        ),
        "PK602": Code(
            "a pack holds something else than files",
            "Build it again into a new folder: links, pipes and devices are not published.",
        ),
        "PK603": Code(
            "a name that not every system can hold",
            "Rename the file.",
        ),
        "PK604": Code(
            "a pack is too large",
            "Keep out of it what no cluster reads.",
        ),
        "PK606": Code(
            "a folder is not as the build wrote it",
            "Build the pack again, and package it when nothing writes there.",
        ),
        "PK607": Code(
            "a build record or a pack.json cannot be used",
            "Build the pack again.",
        ),
        "PK608": Code(
            "a pack holds a private key",
            "Build it without the key, and put that into the cluster in another way.",
        ),
        "PK609": Code(
            "a pack holds the value of a secret parameter",
            "Publish it to nobody who may not read the value.",
        ),
        "PK610": Code(
            "a reference to a registry is not understood",
            "Write `oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]`.",
        ),
        "PK611": Code(
            "a tag that cannot be given",
            "Use letters, digits, `.`, `_` and `-`; `+` is in no tag.",
        ),
        "PK613": Code(
            "something is no pack in an OCI layout",
            "Name a folder or a file that `packc package` wrote.",
        ),
        "PK614": Code(
            "a packaged pack is damaged",
            "Trust it for nothing, and package or fetch it again.",
        ),
        "PK615": Code(
            "an annotation that cannot be given",
            "Set `SOURCE_DATE_EPOCH` to seconds since 1970, and use annotations of your own.",
        ),
        "PK616": Code(
            "a key cannot be used",
            "Name a key of P-256 in PEM, and its password where it is encrypted.",
        ),
        "PK617": Code(
            "a private key can be read by others",
            "Take the permissions from the others: `chmod 600`.",
        ),
        "PK620": Code(
            "a signature is of no known form",
            "Sign the pack again.",
        ),
        "PK621": Code(
            "a signature does not hold",
            "Check that the key is the one of whoever signed the pack; if it is, trust the pack for"
            " nothing.",
        ),
        "PK622": Code(
            "a signature is about something else",
            "Somebody may have moved it here from another pack: trust it for nothing.",
        ),
        "PK623": Code(
            "a pack is not signed",
            "Package or publish it with `--key`.",
        ),
        "PK630": Code(
            "what speaks with registries is not installed",
            "Install the extra: `pip install 'packc[registry]'`.",
        ),
        "PK631": Code(
            "a tag is taken",
            "Publish a new version; `--force` moves the tag, for all who use it.",
        ),
        "PK632": Code(
            "a registry refuses the login",
            "Log in as with `docker login`, or give a name and a password.",
        ),
        "PK633": Code(
            "a login cannot be read",
            "Log in again with `docker` or `podman`, mend the file, or set both variables.",
        ),
        "PK634": Code(
            "a registry cannot be reached",
            "Try again when network and registry are well: what was uploaded is not sent twice.",
        ),
        "PK635": Code(
            "a registry answers in an unknown way",
            "Check that the reference names a registry and a repository that is there.",
        ),
        "PK636": Code(
            "a registry sends something else than what is asked",
            "Trust it for nothing; compare with another network.",
        ),
        "PK637": Code(
            "a pack is not there",
            "Check the reference; the tag is the version.",
        ),
        "PK638": Code(
            "a tag is not the version of its pack",
            "Name the version, or the digest: whoever moves a tag can serve old content by it.",
        ),
        "PK639": Code(
            "a registry has lost what it lists",
            "Publish the pack again: what was removed is then stored anew.",
        ),
        "PK640": Code(
            "options do not go together",
            "Decide on one of the ways that the hint names.",
        ),
        "PK641": Code(
            "certificates cannot be used",
            "Name a file in PEM with `--ca`.",
        ),
        "PK642": Code(
            "a pack cannot be built again",
            "Take the source, the plugins and the release of packc that the provenance names.",
        ),
        "PK643": Code(
            "it is not known how a pack was built",
            "Publish it with `--provenance`, and give secrets again.",
        ),
        "PK644": Code(
            "a pack was not verified",
            "Name the key of who publishes it with `--key`.",
        ),
        # PK7xx: diff
        "PK701": Code(
            "a side of a comparison is neither a pack nor an output",
            "Name a folder with a `pack.yaml`, the output folder of a build, or a file of"
            " manifests.",
        ),
        "PK702": Code(
            "git does not have what is to be compared",
            "Install git, name a pack in a clone, and a commit, tag or branch in which the pack was"
            " there under the same path.",
        ),
        "PK703": Code(
            "two sides that cannot be compared",
            "Name two sides that differ and have a variant in common; one variant on each side is"
            " always a pair. An output tree has the features and values that it was built with.",
        ),
        "PK704": Code(
            "an output is damaged",
            "Build it again. As a warning: somebody changed the manifests after the build, and what"
            " they are now is compared.",
        ),
        "PK705": Code(
            "a build record does not say what a build was given",
            "Give secrets and files again, with `--set` or `--values`: a record does not hold them."
            " As a warning: the pack no longer has the parameter.",
        ),
        # PK8xx: doctor, and check --shuffle
        "PK801": Code(
            "the output depends on the surroundings",
            "Tell the plugin's author: a hook depends on its arguments alone. The message names the"
            " hook, what it depends on, and the field that moved.",
        ),
        "PK802": Code(
            "a hook uses a file",
            "Make the file a parameter of type `file`, or part of the plugin's package. A hook may"
            " read the folder of the pack and that of its own package, and write nowhere.",
        ),
        "PK803": Code(
            "a hook uses the network",
            "Make what the network would tell a parameter: whoever builds looks it up once.",
        ),
        "PK804": Code(
            "a hook runs a program",
            "Compute the result in Python, or make it a parameter.",
        ),
        "PK805": Code(
            "a hook reads the environment",
            "Make the variable a parameter: then the build record says what it was.",
        ),
        "PK806": Code(
            "a hook reads the clock",
            "No output may depend on the time. `packc_check` is told it as `now`.",
        ),
        "PK807": Code(
            "a hook takes random numbers",
            "Derive the number from the variant, by a hash for example, or make it a parameter.",
        ),
        "PK808": Code(
            "a hook asks the machine who and where it is",
            "Make it a parameter: then the build record says what it was.",
        ),
        "PK809": Code(
            "a pack builds in some surroundings only",
            "Tell the author of the plugin that the message names.",
        ),
        "PK810": Code(
            "a hook answers differently when it is asked again",
            "Tell the plugin's author: a module that remembers earlier questions cannot be asked"
            " about several variants.",
        ),
        "PK811": Code(
            "the output depends on an order",
            "Tell the plugin's author. Plugins that share the state of a module depend on who comes"
            " first.",
        ),
        # PK9xx: formats
        "PK901": Code(
            "an output is computed from an open value",
            "A format with live parameters cannot compute: put the value in as it is, as text, as a"
            " list with commas, or before the last slash of an image; or make the parameter an"
            " enum, whose values are compiled one by one.",
        ),
        "PK902": Code(
            "too many combinations",
            "Build fewer clouds at once, or give enums fewer values: formats with live parameters"
            " compile every combination.",
        ),
        "PK903": Code(
            "no values to compile with",
            "Give the parameter a default, from which others are made, and limits that leave room.",
        ),
        "PK904": Code(
            "a note is computed from open values",
            "A warning: the format leaves the note out, since it cannot tell what it would say; or"
            " a plugin looks into open values, and may do so for notes that nothing shows.",
        ),
        "PK905": Code(
            "a version that the format does not take",
            "Write the pack's version as three numbers with dots between them.",
        ),
        "PK906": Code(
            "a parameter has a name that the format needs itself",
            "Rename the parameter.",
        ),
        "PK907": Code(
            "a format fails",
            "Tell the author of the plugin that provides it.",
        ),
        "PK908": Code(
            "a secret that the format would publish",
            "Take the default of the secret out of the spec, or the secret out of the preset:"
            " charts and packs are published, and users give their own.",
        ),
        "PK920": Code(
            "something that kustomize would not keep",
            "Write the number as text, take the annotation out, or give the object a namespace:"
            " kustomize rounds large numbers in objects that it patches, removes annotations that"
            " it uses itself, and patches all objects of one name together.",
        ),
        "PK921": Code(
            "variants that no components give",
            "A warning: the pack refuses what lies between the defaults and such a variant. Set one"
            " of its values for the whole build.",
        ),
        "PK922": Code(
            "the reference of a pack is not up to date",
            "Run the command of the hint and commit the page.",
        ),
        # PK95x to PK97x: lint-palette
        "PK950": Code(
            "pack.json is no JSON",
            "Correct the place shown. JSON has no comments, no comma after the last member, and"
            " each key once.",
        ),
        "PK951": Code(
            "there is no Palette pack here",
            "Name a folder that holds a `pack.json`, or one that holds such folders.",
        ),
        "PK952": Code(
            "a field of pack.json breaks the schema",
            "Follow the message: the community registry refuses the pack, and Palette may.",
        ),
        "PK953": Code(
            "a version that cannot be published",
            "Write three numbers, such as 1.5.0, without a `v` before them: the version is also"
            " the tag of an OCI artifact. As a warning: it is no semantic version, so it cannot be"
            " compared with others.",
        ),
        "PK954": Code(
            "a file is missing that every Palette pack has",
            "Add the file: values.yaml, logo.png or README.md.",
        ),
        "PK955": Code(
            "a pack lists no images",
            "List them below `pack.content.images`: scans for vulnerabilities and sites without"
            " internet access go by that list.",
        ),
        "PK956": Code(
            "an entry in the list of images is of no use",
            "Write it as `- image: registry/name:tag`. As a warning: it is listed twice, or names"
            " no version.",
        ),
        "PK957": Code(
            "the files and the lists of pack.json differ",
            "Add the file or drop the entry. As a warning: a file is in the pack that nothing"
            " lists, or was left over by an editor.",
        ),
        "PK958": Code(
            "a chart archive is not what it seems",
            "Pack the chart again. As a warning: the unpacked folder beside it, which people"
            " review, is not what gets installed.",
        ),
        "PK959": Code(
            "values that reach no chart and no manifest",
            "Put them below `charts.<name in Chart.yaml>` or `manifests.<file without .yaml>`:"
            " elsewhere they are lost in silence.",
        ),
        "PK960": Code(
            "pack.content.charts names another chart than the pack ships",
            "Copy name and version from the Chart.yaml of the archive.",
        ),
        "PK961": Code(
            "an image runs that is not listed so",
            "List the tag that runs: airgapped sites get what is listed.",
        ),
        "PK962": Code(
            "a key below `pack` that has no effect",
            "Move it to the place of the hint.",
        ),
        "PK963": Code(
            "presets.yaml breaks its grammar",
            "Give every preset `name`, `displayName`, `group`, `remove` as a list of dotted"
            " paths, and `add` as a block of YAML.",
        ),
        "PK964": Code(
            "a preset removes what is nowhere",
            "Write the path from the root of values.yaml. As it stands, the preset leaves behind"
            " what it was meant to remove.",
        ),
        "PK965": Code(
            "the header that names the presets switched on is wrong",
            "Begin values.yaml with `# spectrocloud.com/enabled-presets: Group:name`, with names"
            " of presets.yaml.",
        ),
        "PK966": Code(
            "a preset is switched on, and the values are others",
            "Give values.yaml the values of the preset, or name the preset whose values they are:"
            " the form shows one thing and the cluster gets another.",
        ),
        "PK967": Code(
            "what a preset gives depends on the one chosen before",
            "Remove in each preset what the others of its group set: else the leavings of the"
            " last choice stay.",
        ),
        "PK968": Code(
            "schema.yaml breaks its grammar",
            'Write an entry as `\'{{ required | format "${string}" | hints "text" }}\'`. As a'
            " warning: the file is empty.",
        ),
        "PK969": Code(
            "an entry of schema.yaml does not fit the values",
            "Correct its path, or the value that it does not allow.",
        ),
        "PK970": Code(
            "a manifest is a broken template",
            "Correct the place shown: Palette cannot render the manifest.",
        ),
        "PK971": Code(
            "a template and the values do not fit together",
            "Declare in values.yaml what the template reads, and drop what no template reads.",
        ),
        "PK972": Code(
            "a README is not up to date",
            "Name the version of the pack. As a note: sections of the community's template are"
            " missing.",
        ),
        "PK973": Code(
            "logo.png is no PNG",
            "Convert the picture.",
        ),
        "PK974": Code(
            "a word that Palette does not know",
            "Choose one of the words named: another one becomes a category of its own.",
        ),
        "PK975": Code(
            "the name of a pack is not the one it should be",
            "Keep `name` and `displayName` over all versions, and name the folder"
            " `<name>-<version>`.",
        ),
        "PK976": Code(
            "a dependency that nothing can meet or that Palette does not check",
            "Give `minVersion` or `maxVersion`, the least one first.",
        ),
        # PK98x: the format palette
        "PK980": Code(
            "a pack does not say what it is in Palette",
            "Add `palette:` to pack.yaml, with `layer` and `cloudTypes`.",
        ),
        "PK981": Code(
            "a cloud that Palette has no word for",
            "Say under `palette.cloudTypes` what Palette calls the cloud, or build without it.",
        ),
        "PK982": Code(
            "two parameters at one place of the values",
            "Rename one of them, or choose another name for the manifest: the first word of a"
            " parameter's name is left out where it repeats the manifest's.",
        ),
        "PK983": Code(
            "a preset that no cloud accepts",
            "Correct its values: packc refuses to build any of the clouds with them.",
        ),
        "PK984": Code(
            "clouds that share a Palette pack and have different defaults",
            "Give one of the clouds a pack of its own under `palette.names`: a Palette pack has one"
            " values.yaml for all its clouds.",
        ),
        "PK985": Code(
            "a value that Palette would not leave as it is",
            "Leave `{{` out of defaults and presets: Palette looks for its macros there, and keeps"
            " only those such as `{{ .spectro.system.cluster.name }}`. An integer beyond 2^53 is"
            " rounded: make the parameter text.",
        ),
        "PK986": Code(
            "the images of a Palette pack cannot be listed",
            "Give the parameter a default, in pack.yaml or with `--set`: the list of images is that"
            " of the default values.",
        ),
    }
)
