package text

import "skep/engine/format/record"

// Format is the text format: lines in the form of LazySimpleSerDe.
type Format = record.Format

// New returns the text format.
func New() Format { return Format{Container: Lines{}, SerDe: SerDe{}} }
