package wire

import "strconv"

// liveMax is the number of sessions that a live capture follows at once: about 80 MB.
const liveMax = 1 << 18

// NewLive returns a Text that is not read from a file: Take gives it frames as they come, and Lines returns what was
// made of them. Links and names of the interfaces are those of the frames' Interface.
//
// It differs from the Text of a file in two ways. Syslog is a session like others, not lines of the
// log, as the receiver of the machine has it already. And ends by silence are told as time goes by.
func NewLive(on []Interface) *Text {
	t := &Text{on: on, live: true}
	t.begins(liveMax)
	t.s.every, t.s.apart = sweepLive, true
	return t
}

// Take makes lines of one frame. It keeps none of the frame's memory.
func (t *Text) Take(f *Frame) { t.frame(f) }

// Quiet tells what has ended by silence up to now, in ns since 1970 UTC.
func (t *Text) Quiet(now int64) {
	t.now, t.timed = max(t.now, now), true
	if t.now-t.s.swept > t.s.every {
		t.s.sweep(t.now, false)
	}
}

// Drops counts n frames that the kernel dropped on an interface since the last call, and tells of them.
func (t *Text) Drops(on int, n uint64) {
	if n > 0 {
		t.on[on].Dropped += n
		t.drops(n)
	}
}

// Waiting returns the number of bytes that Lines would return.
func (t *Text) Waiting() int { return len(t.out) }

// Lines returns the lines that were made since the last call, each with its line end.
func (t *Text) Lines() []byte {
	b := t.out
	t.out = nil
	return b
}

// Finish ends the capture: it tells what there was so far of the sessions that go on.
func (t *Text) Finish() { t.s.sweep(t.now, true) }

// drops writes how many frames were dropped.
func (t *Text) drops(n uint64) {
	t.line(t.now, "")
	t.out = strconv.AppendUint(t.out, n, 10)
	t.out = append(t.out, " packets dropped by kernel\n"...)
}
