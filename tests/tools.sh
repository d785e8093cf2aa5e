# Makes sure of commands that tests need: sh tests/tools.sh COMMAND:DEBIAN_PACKAGE:PART ...
# Where apt cannot install one, a line says what is missing and which part is not tested.
set -eu
for wanted in "$@"; do
  command=${wanted%%:*} rest=${wanted#*:}
  package=${rest%%:*} part=${rest#*:}
  if command -v "$command" >/dev/null; then continue; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null &&
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package" >/dev/null
  then continue; fi
  echo "make: no \`$command\` (Debian: $package): $part is not tested" >&2
done
