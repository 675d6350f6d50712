package live

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"uncloak/ingest/wire"
)

const (
	blockSize = 256 << 10 // bytes of a block of a ring: the largest frame fits
	retire    = 50        // ms after which the kernel hands over a block that is not full
	poll      = 100 * time.Millisecond
)

// ring is the kernel's buffer of one interface (TPACKET_V3, Documentation/networking/packet_mmap.rst of Linux): blocks
// of frames, which the kernel and this process take in turn.
type ring struct {
	name   string
	on     *net.Interface
	fd     int
	link   int  // LINKTYPE_ number of the frames
	cooked bool // frames come without the head of their link
	mem    []byte
	at     int // the block that comes next

	packets, drops uint64 // as the kernel counts them: packets are those that were not dropped
	wentDown       bool
}

// Source takes frames from interfaces. It is for one goroutine.
type Source struct {
	rings  []*ring
	tagged []byte // a frame with its VLAN tag put back
}

// Open begins to take frames. The error wraps ErrRights where the process may not; for a filter that cannot be compiled
// it is that of Options.Filter. After Open no right is needed any more.
func Open(o Options) (*Source, error) {
	if len(o.Interfaces) == 0 || len(o.Interfaces) > InterfacesMax {
		return nil, fmt.Errorf("%d interfaces: want 1 to %d", len(o.Interfaces), InterfacesMax)
	}
	buffer, snap := o.Buffer, o.Snap
	if buffer == 0 {
		buffer = 64 << 20
	}
	if snap == 0 {
		snap = SnapMax
	}
	s := &Source{}
	if err := s.open(&o, max(buffer/len(o.Interfaces)/blockSize, 4), snap); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Source) open(o *Options, blocks, snap int) error {
	compiled := map[int]Program{}
	for _, name := range o.Interfaces {
		r, err := s.socket(name)
		if err != nil {
			return err
		}
		p := compiled[r.link]
		if p == nil {
			if p = all(snap); o.Filter != nil {
				if p, err = o.Filter(r.link); err != nil {
					return err
				}
			}
			compiled[r.link] = p
		}
		if err := r.begin(p, blocks, !o.Own); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// socket makes the socket for an interface. It gets nothing before begin.
func (s *Source) socket(name string) (*ring, error) {
	on, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &ring{name: name, on: on, link: linkEthernet}
	if r.fd, err = packetSocket(unix.SOCK_RAW); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	kind := -1
	if err = unix.Bind(r.fd, &unix.SockaddrLinklayer{Ifindex: on.Index}); err == nil { // to no protocol
		if at, err := unix.Getsockname(r.fd); err == nil {
			if at, ok := at.(*unix.SockaddrLinklayer); ok {
				kind = int(at.Hatype)
			}
		}
	}
	if kind != unix.ARPHRD_ETHER && kind != unix.ARPHRD_LOOPBACK {
		_ = unix.Close(r.fd)
		r.link, r.cooked = linkRaw, true
		if r.fd, err = packetSocket(unix.SOCK_DGRAM); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	s.rings = append(s.rings, r)
	return r, nil
}

func packetSocket(kind int) (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, kind|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return -1, ErrRights
	}
	if err != nil {
		return -1, fmt.Errorf("open a packet socket: %w", err)
	}
	return fd, nil
}

// begin attaches the filter first and binds the socket last, so that no frame passes the filter by.
func (r *ring) begin(p Program, blocks int, promiscuous bool) error {
	if r.on.Flags&net.FlagLoopback != 0 {
		p = once(p)
	}
	if err := r.filter(p); err != nil {
		return fmt.Errorf("attach the filter: %w", err)
	}
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("TPACKET_V3 (Linux 3.2 or later): %w", err)
	}
	const frame = 2048 // each block is divided by it; frames of TPACKET_V3 are as long as they are
	req := unix.TpacketReq3{Block_size: blockSize, Block_nr: uint32(blocks), Frame_size: frame,
		Frame_nr: uint32(blocks * (blockSize / frame)), Retire_blk_tov: retire}
	if err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return fmt.Errorf("a buffer of %d MiB: %w", blocks*blockSize>>20, err)
	}
	var err error
	r.mem, err = unix.Mmap(r.fd, 0, blocks*blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map the buffer: %w", err)
	}
	if promiscuous && r.on.Flags&net.FlagLoopback == 0 {
		m := unix.PacketMreq{Ifindex: int32(r.on.Index), Type: unix.PACKET_MR_PROMISC}
		if err := unix.SetsockoptPacketMreq(r.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &m); err != nil {
			return fmt.Errorf("promiscuous mode: %w", err)
		}
	}
	at := unix.SockaddrLinklayer{Protocol: swapped(unix.ETH_P_ALL), Ifindex: r.on.Index}
	if err := unix.Bind(r.fd, &at); err != nil {
		return fmt.Errorf("bind to the interface: %w", err)
	}
	return nil
}

// swapped is a number in network byte order.
func swapped(n uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], n)
	return binary.NativeEndian.Uint16(b[:])
}

func (r *ring) filter(p Program) error {
	steps := make([]unix.SockFilter, len(p))
	for i, s := range p {
		steps[i] = unix.SockFilter{Code: s.Code, Jt: s.Jt, Jf: s.Jf, K: s.K}
	}
	prog := unix.SockFprog{Len: uint16(len(steps)), Filter: &steps[0]}
	err := unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog)
	runtime.KeepAlive(steps)
	return err
}

// Interfaces describes the interfaces, in the order of Frame.Interface.
func (s *Source) Interfaces() (all []wire.Interface) {
	for _, r := range s.rings {
		all = append(all, wire.Interface{Name: r.name, Link: r.link})
	}
	return all
}

// Counts are the kernel's: Packets passed the filter and were given to Read, or will be; Dropped did not fit.
type Counts struct{ Packets, Dropped uint64 }

// Counts asks the kernel how many frames of each interface there were so far.
func (s *Source) Counts() []Counts {
	out := make([]Counts, len(s.rings))
	for i, r := range s.rings {
		// each call sets the kernel's counters to 0; its count of packets includes those that were dropped
		if c, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
			r.packets += uint64(c.Packets - c.Drops)
			r.drops += uint64(c.Drops)
		}
		out[i] = Counts{r.packets, r.drops}
	}
	return out
}

// Down lists interfaces that have gone down since it was last asked; they are read again once they are up.
func (s *Source) Down() (names []string) {
	for _, r := range s.rings {
		if r.wentDown {
			names, r.wentDown = append(names, r.name), false
		}
	}
	return names
}

// Read gives the frames that are there to take, at most one block of each interface, and reports whether there were
// any. It waits for them for 0.1 s at most. The frames' memory is valid during the call of take alone.
func (s *Source) Read(take func(*wire.Frame)) (any bool, err error) {
	if any = s.blocks(take); any {
		return true, nil
	}
	wait := make([]unix.PollFd, len(s.rings))
	for i, r := range s.rings {
		wait[i] = unix.PollFd{Fd: int32(r.fd), Events: unix.POLLIN}
	}
	if _, err := unix.Poll(wait, int(poll/time.Millisecond)); err != nil && !errors.Is(err, unix.EINTR) {
		return false, fmt.Errorf("wait for frames: %w", err)
	}
	for i, r := range s.rings {
		if wait[i].Revents&unix.POLLERR == 0 {
			continue
		}
		// asking for the error takes it away; without that poll would not wait again
		if why, _ := unix.GetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_ERROR); why == int(unix.ENETDOWN) {
			r.wentDown = true
		}
	}
	return s.blocks(take), nil
}

// Drain ends the taking of frames, and gives those that the kernel still holds.
func (s *Source) Drain(take func(*wire.Frame)) error {
	for _, r := range s.rings {
		if err := r.filter(all(0)); err != nil {
			return fmt.Errorf("%s: end the capture: %w", r.name, err)
		}
	}
	for quiet := 0; quiet < 2; quiet++ { // twice as long as the kernel holds a block that is not full, and more
		any, err := s.Read(take)
		if err != nil {
			return err
		}
		if any {
			quiet = -1
		}
	}
	return nil
}

// Close gives the buffers back.
func (s *Source) Close() {
	for _, r := range s.rings {
		if r.mem != nil {
			_ = unix.Munmap(r.mem)
		}
		_ = unix.Close(r.fd)
	}
	s.rings = nil
}

func (s *Source) blocks(take func(*wire.Frame)) (any bool) {
	for i, r := range s.rings {
		b := r.mem[r.at*blockSize : (r.at+1)*blockSize]
		status := (*uint32)(unsafe.Pointer(&b[blockStatus])) // shared with the kernel
		if atomic.LoadUint32(status)&unix.TP_STATUS_USER == 0 {
			continue
		}
		any = s.frames(r, i, b, take) || any
		atomic.StoreUint32(status, unix.TP_STATUS_KERNEL)
		r.at = (r.at + 1) % (len(r.mem) / blockSize)
	}
	return any
}

// Offsets within a block and within a frame's head: struct tpacket_block_desc, tpacket3_hdr and sockaddr_ll of
// linux/if_packet.h.
const (
	blockStatus = 8
	blockFrames = 12
	blockFirst  = 16

	frameNext   = 0
	frameSec    = 4
	frameNsec   = 8
	frameKept   = 12
	frameLength = 16
	frameStatus = 20
	frameMAC    = 24
	frameTCI    = 32
	frameTPID   = 36
	frameProto  = unix.SizeofTpacket3Hdr + 2
	frameHead   = unix.SizeofTpacket3Hdr + unix.SizeofSockaddrLinklayer
)

// frames gives the frames of a block.
func (s *Source) frames(r *ring, on int, b []byte, take func(*wire.Frame)) bool {
	u32 := func(b []byte, at int) int { return int(binary.NativeEndian.Uint32(b[at:])) }
	n, at := u32(b, blockFrames), u32(b, blockFirst)
	for range n {
		if at+frameHead > len(b) {
			return true // not by Linux
		}
		h := b[at:]
		mac, kept := int(binary.NativeEndian.Uint16(h[frameMAC:])), u32(h, frameKept)
		if mac+kept > len(h) {
			return true
		}
		f := wire.Frame{Time: int64(u32(h, frameSec))*int64(time.Second) + int64(u32(h, frameNsec)), HasTime: true,
			Link: r.link, Interface: on, Length: min(u32(h, frameLength), math.MaxInt32), Data: h[mac : mac+kept]}
		switch {
		case r.cooked && !isIP(binary.BigEndian.Uint16(h[frameProto:])):
			f.Link = wire.NoLink
		case !r.cooked && u32(h, frameStatus)&unix.TP_STATUS_VLAN_VALID != 0:
			s.tag(&f, u32(h, frameStatus), h)
		}
		take(&f)
		next := u32(h, frameNext)
		if next < frameHead { // 0 in the last one
			break
		}
		at += next
	}
	return n > 0
}

func isIP(proto uint16) bool { return proto == unix.ETH_P_IP || proto == unix.ETH_P_IPV6 }

// tag puts the VLAN tag back that the kernel took off a frame.
func (s *Source) tag(f *wire.Frame, status int, h []byte) {
	const addresses = 12
	if len(f.Data) < addresses {
		return
	}
	proto := uint16(unix.ETH_P_8021Q)
	if status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		proto = binary.NativeEndian.Uint16(h[frameTPID:])
	}
	s.tagged = append(s.tagged[:0], f.Data[:addresses]...)
	s.tagged = binary.BigEndian.AppendUint16(s.tagged, proto)
	s.tagged = binary.BigEndian.AppendUint16(s.tagged, uint16(binary.NativeEndian.Uint32(h[frameTCI:])))
	f.Data = append(s.tagged, f.Data[addresses:]...)
	s.tagged = f.Data
	f.Length += 4
}
