#!/usr/bin/env bash
# What action.yml runs: action.sh install|check|build|package|publish. Inputs come as INPUT_NAME,
# secrets as the variables that packc reads itself; neither stands on a command line.
set -eo pipefail

main() {
    # No `&&` between them: inside of functions that stand before one, `set -e` has no effect.
    case "$1" in
        install) install ;;
        check) check ;;
        build) build ;;
        package)
            build
            package
            ;;
        publish)
            build
            package
            publish
            ;;
        *) fail "found the command '$1', expected check, build, package or publish" ;;
    esac
}

# Into an environment of its own: what the job has installed stays as it is.
install() {
    local target="${GITHUB_ACTION_PATH}[check,registry]"
    if [ -n "$INPUT_VERSION" ]; then
        target="packc[check,registry]==$INPUT_VERSION"
    fi
    local wanted=("$target")
    if [ -n "$INPUT_REQUIREMENTS" ]; then
        wanted+=(--requirement "$INPUT_REQUIREMENTS")
    fi
    local folder="$RUNNER_TEMP/packc"
    python3 -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${wanted[@]}"
    echo "$folder/bin" >> "$GITHUB_PATH"
}

check() {
    read_lines "$INPUT_ARGUMENTS"
    # shellcheck disable=SC2086 # patterns, separated by blanks
    packc check $INPUT_PACKS --output github "${lines[@]}"
}

build() {
    read_lines "$INPUT_ARGUMENTS"
    # shellcheck disable=SC2086 # patterns, separated by blanks
    packc build $INPUT_PACKS --out "$INPUT_OUT" "${lines[@]}"
}

package() {
    local found=() folder options=(--sbom --provenance)
    # shellcheck disable=SC2231 # a pattern
    for folder in "$INPUT_OUT"/$INPUT_FOLDER; do
        if [ -d "$folder" ]; then
            found+=("$folder")
        fi
    done
    if [ "${#found[@]}" -ne 1 ]; then
        fail "'$INPUT_OUT/$INPUT_FOLDER' fits ${#found[@]} folders, expected one: ${found[*]}"
    fi
    if [ -n "$INPUT_KEY" ]; then
        options+=(--key "$INPUT_KEY")
    fi
    local digest
    digest=$(packc package "${found[0]}" --out "$INPUT_LAYOUT" "${options[@]}")
    answer layout "$INPUT_LAYOUT"
    answer digest "$digest"
}

publish() {
    if [ -z "$INPUT_REFERENCE" ]; then
        fail "the input 'reference' is missing: write oci://HOST/REPOSITORY"
    fi
    read_lines "$INPUT_PUBLISH_ARGUMENTS"
    if [ -n "$INPUT_KEY" ]; then
        lines+=(--key "$INPUT_KEY")
    fi
    local reference
    reference=$(packc publish "$INPUT_LAYOUT" "$INPUT_REFERENCE" "${lines[@]}")
    answer reference "$reference"
    answer digest "${reference##*@}"
}

# Sets `lines` to the lines of a text that are not empty: each is one argument, whatever is in it.
read_lines() {
    lines=()
    local line
    while IFS= read -r line; do
        if [ -n "$line" ]; then
            lines+=("$line")
        fi
    done <<< "$1"
}

answer() {
    echo "$1=$2" | tee -a "$GITHUB_OUTPUT"
}

fail() {
    echo "::error title=packc::$1"
    exit 1
}

main "$@"
