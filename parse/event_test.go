package parse

import (
	"net/netip"
	"testing"
)

func TestKindNames(t *testing.T) {
	for i, name := range KindNames() {
		k, ok := KindOf(name)
		if !ok || int(k) != i || k.String() != name {
			t.Errorf("%q is kind %d, %v, which is called %q; want %d", name, k, ok, k, i)
		}
	}
	for _, name := range []string{"", "session", "Session-New", "kind-3"} {
		if k, ok := KindOf(name); ok || k != Unknown {
			t.Errorf("%q is the kind %v", name, k)
		}
	}
	if s := Kind(200).String(); s != "kind-200" {
		t.Errorf("a kind of a later version is called %q", s)
	}
}

func TestStateNames(t *testing.T) {
	for s, want := range map[State]string{NoState: "", SynSent: "SYN_SENT", Established: "ESTABLISHED", Close: "CLOSE", Unreplied: "UNREPLIED",
		Replied: "REPLIED", LinkDown: "DOWN", 200: "state-200"} {
		if s.String() != want {
			t.Errorf("state %d is called %q, want %q", uint8(s), s, want)
		}
	}
}

func TestName(t *testing.T) {
	if MakeName("") != (Name{}) || (Name{}).String() != "" {
		t.Error("the zero Name is not the empty text")
	}
	if MakeName("br-lan") != MakeName("br-"+"lan") || MakeName("a") == MakeName("b") || MakeName("a").String() != "a" {
		t.Error("equal texts are one Name, others are not")
	}
}

func TestEventPorts(t *testing.T) {
	e := Event{Src: netip.MustParseAddr("192.0.2.1"), SPort: 5000, Dst: netip.MustParseAddr("2001:db8::1"), DPort: 443}
	if s, d := e.SrcPort().String(), e.DstPort().String(); s != "192.0.2.1:5000" || d != "[2001:db8::1]:443" {
		t.Errorf("%s to %s", s, d)
	}
}
