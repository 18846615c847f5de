#!/bin/sh
# Releases a pack, in any CI system: release.sh PACK oci://HOST/REPOSITORY [ARGUMENT OF publish...]
#
# PACKC_KEY and PACKC_PUBLIC_KEY hold the keys in PEM; a login comes from PACKC_REGISTRY_USERNAME and
# PACKC_REGISTRY_PASSWORD, or from where `docker login` wrote it. The reference with the digest is
# the one line on standard output, for whoever deploys the pack.
set -eu

pack=$1
repository=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

{
    # What was reviewed, and nothing else: the lock names every file and plugin with its digest.
    packc lock --check "$pack"
    packc check "$pack" --locked
    packc build "$pack" --locked --out "$work/dist"

    # Without a network: the digest is known, and can be held against another machine's.
    packc package "$work"/dist/*/* --out "$work/pack.oci.tar" --key env://PACKC_KEY \
        --reference "$repository" --sbom --provenance

    # Exactly those bytes, signed before they are tagged.
    packc publish "$work/pack.oci.tar" "$repository" --digest-file "$work/digest" "$@"
    reference="$repository@$(cat "$work/digest")"

    # Of the arguments, those that say how the registry is reached are for what follows as well.
    takes_value=
    for argument; do
        shift
        if [ -n "$takes_value" ]; then
            set -- "$@" "$argument"
            takes_value=
            continue
        fi
        case $argument in
            --plain-http | --ca=* | --timeout=* | --tries=*) set -- "$@" "$argument" ;;
            --ca | --timeout | --tries)
                set -- "$@" "$argument"
                takes_value=yes
                ;;
        esac
    done

    # What a registry hands out now is what this source gives.
    packc verify "$reference" --key env://PACKC_PUBLIC_KEY --rebuild "$pack" "$@"
    packc pull "$reference" --key env://PACKC_PUBLIC_KEY --out "$work/pulled" "$@"
} >&2
echo "$reference"
