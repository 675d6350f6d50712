package live

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"uncloak/ingest/wire"
)

// blockOf makes a block as the kernel hands it over: of each frame its status, VLAN tag, protocol and bytes.
func blockOf(frames ...[4]any) []byte {
	b := make([]byte, 4096)
	put := func(at int, n uint32) { binary.NativeEndian.PutUint32(b[at:], n) }
	put(blockFrames, uint32(len(frames)))
	at := 48
	put(blockFirst, uint32(at))
	for i, f := range frames {
		data := f[3].([]byte)
		const mac = 96
		put(at+frameNext, uint32(mac+len(data)+7)&^7)
		put(at+frameSec, uint32(100+i))
		put(at+frameNsec, 5)
		put(at+frameKept, uint32(len(data)))
		put(at+frameLength, uint32(len(data)+1000))
		put(at+frameStatus, uint32(f[0].(int)))
		put(at+frameTCI, uint32(f[1].(int)))
		binary.NativeEndian.PutUint16(b[at+frameTPID:], unix.ETH_P_8021AD)
		binary.NativeEndian.PutUint16(b[at+frameMAC:], mac)
		binary.BigEndian.PutUint16(b[at+frameProto:], uint16(f[2].(int)))
		copy(b[at+mac:], data)
		at += (mac + len(data) + 7) &^ 7
	}
	return b
}

// read returns the frames of a block in short.
func read(s *Source, r *ring, b []byte) (out []string) {
	s.frames(r, 3, b, func(f *wire.Frame) {
		out = append(out, fmt.Sprintf("%d.%d on %d link %d %s of %d", f.Time/1e9, f.Time%1e9, f.Interface, f.Link,
			hex.EncodeToString(f.Data), f.Length))
	})
	return out
}

func TestFrames(t *testing.T) {
	head := []byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00")
	const text = "020000000001020000000002"
	var s Source
	ether, tunnel := &ring{link: linkEthernet}, &ring{link: linkRaw, cooked: true}
	got := read(&s, ether, blockOf([4]any{0, 0, 0, head}, [4]any{unix.TP_STATUS_VLAN_VALID, 7, 0, head},
		[4]any{unix.TP_STATUS_VLAN_VALID | unix.TP_STATUS_VLAN_TPID_VALID, 0x1005, 0, head},
		[4]any{unix.TP_STATUS_VLAN_VALID, 7, 0, head[:8]}))
	want := []string{"100.5 on 3 link 1 " + text + "0800 of 1014", "101.5 on 3 link 1 " + text + "810000070800 of 1018",
		"102.5 on 3 link 1 " + text + "88a810050800 of 1018", "103.5 on 3 link 1 0200000000010200 of 1008"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	got = read(&s, tunnel, blockOf([4]any{0, 0, unix.ETH_P_IP, head[:2]}, [4]any{0, 0, unix.ETH_P_IPV6, head[:2]},
		[4]any{0, 0, unix.ETH_P_ARP, head[:2]}))
	want = []string{"100.5 on 3 link 101 0200 of 1002", "101.5 on 3 link 101 0200 of 1002",
		"102.5 on 3 link -1 0200 of 1002"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := read(&s, ether, blockOf()); len(got) != 0 {
		t.Errorf("an empty block gives %q", got)
	}
}

// TestDamagedBlock: whatever a block holds, nothing is read beyond it.
func TestDamagedBlock(t *testing.T) {
	var s Source
	for _, r := range []*ring{{link: linkEthernet}, {link: linkRaw, cooked: true}} {
		for at := range 48 + frameHead {
			b := blockOf([4]any{unix.TP_STATUS_VLAN_VALID, 7, 0, make([]byte, 60)}, [4]any{0, 0, 0, make([]byte, 60)})
			b[at] ^= 0xff
			read(&s, r, b)
		}
	}
}
