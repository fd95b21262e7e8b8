# Sourced: `suite_view SUITE OUT` prints a folder in which the runner finds all it reads. Where SUITE lacks a part that the runner opens
# without using it (provenance.json, the folder of the perf queries), that is a view of SUITE under OUT, with the part empty.
suite_view() {
  local suite=$1 view=$2/suite
  if [ -e "$suite/provenance.json" ] && [ -d "$suite/queries/perf" ]; then echo "$suite"; return; fi
  rm -rf "$view"; mkdir -p "$view/queries"
  find "$suite" -mindepth 1 -maxdepth 1 ! -name queries -exec ln -s -t "$view" {} +
  ln -s "$suite"/queries/* "$view/queries/"
  [ -e "$view/provenance.json" ] || echo '{"positive": {}}' > "$view/provenance.json"
  [ -e "$view/queries/perf" ] || mkdir "$view/queries/perf"
  echo "$view"
}
