// Package live takes frames from the network interfaces of this machine as they pass, as tcpdump does, and keeps them
// in files where that is asked for. It works on Linux.
package live

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Bounds of what a Source may be asked for.
const (
	InterfacesMax = 64
	SnapMax       = 262144  // bytes kept of a frame; libpcap's MAXIMUM_SNAPLEN
	BufferMin     = 4 << 20 // bytes of the kernel's buffers
	BufferMax     = 1 << 30 // of them all
	programMax    = 4096    // instructions of a filter: BPF_MAXINSNS of linux/bpf_common.h
)

// LINKTYPE_ numbers of the frames that a Source gives. Those of an interface without Ethernet heads (tunnels, PPP) are
// raw packets of IP.
const (
	linkEthernet = 1
	linkRaw      = 101
)

// Errors of Open.
var (
	ErrNotLinux = errors.New("frames are taken from the interfaces of Linux alone: elsewhere, import what " +
		"tcpdump -w wrote")
	ErrRights = errors.New("no right to read from the network")
)

// Options say what a Source takes.
type Options struct {
	Interfaces []string
	Snap       int                             // bytes kept of a frame; 0: SnapMax
	Buffer     int                             // bytes of the kernel's buffers, of all interfaces together; 0: 64 MiB
	Own        bool                            // not promiscuous: only frames that are for this machine anyway
	Filter     func(link int) (Program, error) // compiles the filter for a link type; nil: all frames
}

// Program is a filter of classic BPF, as the kernel runs it on each frame (linux/filter.h).
type Program []Instruction

// Instruction is one step of a Program, struct sock_filter of linux/filter.h.
type Instruction struct {
	Code   uint16
	Jt, Jf uint8
	K      uint32
}

// ParseProgram reads what tcpdump -ddd prints: the number of instructions, then one a line in four decimal numbers.
func ParseProgram(text string) (Program, error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	n, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || n < 1 || n > programMax || n != len(lines)-1 {
		return nil, fmt.Errorf("a filter of %d lines that begins with %.20q", len(lines), lines[0])
	}
	p := make(Program, n)
	for i, l := range lines[1:] {
		var code, jt, jf, k uint64
		if _, err := fmt.Sscanf(l, "%d %d %d %d", &code, &jt, &jf, &k); err != nil || code > 0xffff || jt > 0xff ||
			jf > 0xff || k > 0xffffffff {
			return nil, fmt.Errorf("the filter's instruction %d is %.40q", i+1, l)
		}
		p[i] = Instruction{uint16(code), uint8(jt), uint8(jf), uint32(k)}
	}
	return p, nil
}

// Instructions that are put before a filter.
const (
	load       = 0x20       // BPF_LD | BPF_W | BPF_ABS
	loadConst  = 0x00       // BPF_LD | BPF_W | BPF_IMM
	jumpEqual  = 0x15       // BPF_JMP | BPF_JEQ | BPF_K
	give       = 0x06       // BPF_RET | BPF_K
	kindOffset = 0xfffff004 // SKF_AD_OFF + SKF_AD_PKTTYPE: where a filter finds a frame's sll_pkttype
	outgoing   = 4          // PACKET_OUTGOING
)

// all is the filter that takes so many bytes of each frame.
func all(snap int) Program { return Program{{Code: give, K: uint32(snap)}} }

// once puts before a filter what leaves out the frames that go out: on the loopback interface each comes in again.
func once(p Program) Program {
	head := Program{{Code: load, K: kindOffset}, {Code: jumpEqual, Jf: 1, K: outgoing}, {Code: give},
		{Code: loadConst}}
	return append(head, p...)
}
