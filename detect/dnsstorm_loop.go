package detect

import "uncloak/parse"

// forwarded notes to whom a name server passed a question on.
func (t *Tracker) forwarded(e *parse.Event) {}

func (h *Host) mergeForwarded(o *Host) {}
