package wire

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
)

const (
	quicMin    = 1200 // bytes of a datagram with an Initial packet, at least (RFC 9000, 14.1)
	quicTries  = 16   // datagrams of a session in which its greeting is looked for
	quicDone   = 0xff // of session.quic: the greeting was found, or is not looked for any more
	greetedMax = headsMax
)

// quicVersion holds what the keys of Initial packets are made with: all of it is public.
type quicVersion struct {
	number  uint32
	initial byte   // type of an Initial packet in a long header
	salt    string // of the first secret
	label   string // before the names of the keys
}

// quicVersions are QUIC version 1 (RFC 9001, 5.2) and 2 (RFC 9369, 3).
var quicVersions = [...]quicVersion{
	{1, 0, "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a", "quic "},
	{0x6b3343cf, 1, "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9", "quicv2 "},
}

// versionOf returns the version of a datagram that begins with an Initial packet; nil: it does not, or its version is
// unknown.
func versionOf(b []byte) *quicVersion {
	if len(b) < 5 || b[0]&0xc0 != 0xc0 {
		return nil
	}
	number := binary.BigEndian.Uint32(b[1:])
	for i := range quicVersions {
		if v := &quicVersions[i]; v.number == number && b[0]>>4&3 == v.initial {
			return v
		}
	}
	return nil
}

// quicKeys open the Initial packets of a client.
type quicKeys struct {
	aead cipher.AEAD
	iv   []byte
	head cipher.Block
}

// keys derives the keys of a client's Initial packets from the identifier that it chose for the server. It is nil where
// the program's cryptography refuses that.
func (v *quicVersion) keys(id []byte) *quicKeys {
	secret, err := hkdf.Extract(sha256.New, id, []byte(v.salt))
	expand := func(label string, n int) (key []byte) { // HKDF-Expand-Label without a context (RFC 8446, 7.1)
		if err == nil {
			info := string([]byte{0, byte(n), byte(6 + len(label))}) + "tls13 " + label + "\x00"
			key, err = hkdf.Expand(sha256.New, secret, info, n)
		}
		return key
	}
	secret = expand("client in", sha256.Size)
	key, k := expand(v.label+"key", 16), &quicKeys{iv: expand(v.label+"iv", 12)}
	head := expand(v.label+"hp", 16)
	if err != nil {
		return nil
	}
	if k.head, err = aes.NewCipher(head); err != nil {
		return nil
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil
	}
	return k
}

// open returns the frames of a packet whose number, which is hidden, is behind its first bytes of head (RFC 9001, 5.4).
// It is nil where the keys do not fit. The packet stays as it is.
func (k *quicKeys) open(packet []byte, head int) []byte {
	if len(packet) < head+4+aes.BlockSize {
		return nil
	}
	var mask [aes.BlockSize]byte
	k.head.Encrypt(mask[:], packet[head+4:head+4+aes.BlockSize])
	plain := append([]byte(nil), packet[:head+4]...)
	plain[0] ^= mask[0] & 0x0f
	n, nonce := int(plain[0]&3)+1, append([]byte(nil), k.iv...)
	for i := range n {
		plain[head+i] ^= mask[1+i]
		nonce[len(nonce)-n+i] ^= plain[head+i]
	}
	frames, err := k.aead.Open(nil, nonce, packet[head+n:], plain[:head+n])
	if err != nil {
		return nil
	}
	return frames
}

// greeted is a greeting of which parts are missing yet.
type greeted struct {
	keys *quicKeys
	b    []byte // the handshake of TLS, as far as its last byte that was seen
	have []bool // which of its bytes were seen
}

// quicVarint reads a number of 1 to 8 bytes (RFC 9000, 16).
func quicVarint(s *cryptobyte.String, n *uint64) bool {
	var first uint8
	if !s.ReadUint8(&first) {
		return false
	}
	*n = uint64(first & 0x3f)
	for range 1<<(first>>6) - 1 {
		var next uint8
		if !s.ReadUint8(&next) {
			return false
		}
		*n = *n<<8 | uint64(next)
	}
	return true
}

// quic finds the server's name in the first packets of a QUIC client (RFC 9000, 17.2.2), which are encrypted, but by
// keys that everybody can derive. The parts of the greeting may come in any order and in several datagrams.
func (r *requests) quic(s *session, ip *IP) {
	if s.quic == quicDone || ip.Length < quicMin || versionOf(ip.Payload) == nil {
		return
	}
	if s.quic++; s.quic > quicTries {
		r.ungreet(s)
		return
	}
	for b := ip.Payload; s.quic != quicDone && len(b) > 0; {
		b = r.initial(s, b)
	}
}

// ungreet looks no further for the greeting of a session.
func (r *requests) ungreet(s *session) {
	s.quic = quicDone
	delete(r.greetings, s)
}

// initial reads a packet, and returns the rest of its datagram.
func (r *requests) initial(s *session, packet []byte) (rest []byte) {
	v, in := versionOf(packet), cryptobyte.String(packet)
	var id, from, token cryptobyte.String
	var size, length uint64
	if v == nil || !in.Skip(5) || !in.ReadUint8LengthPrefixed(&id) || !in.ReadUint8LengthPrefixed(&from) ||
		!quicVarint(&in, &size) || size > uint64(len(in)) || !in.ReadBytes((*[]byte)(&token), int(size)) ||
		!quicVarint(&in, &length) || length > uint64(len(in)) {
		return nil
	}
	head := len(packet) - len(in)
	packet, rest = packet[:head+int(length)], in[length:]
	// The keys stay those of the first packet, though the identifier changes, until a Retry says another.
	g := r.greetings[s]
	if g != nil {
		if frames := g.keys.open(packet, head); frames != nil {
			r.greet(s, g, frames)
			return rest
		}
	}
	if k := v.keys(id); k != nil {
		if frames := k.open(packet, head); frames != nil {
			r.greet(s, &greeted{keys: k}, frames)
		}
	}
	return rest
}

// greet takes the frames of a packet to the greeting, and tells its name once it is whole.
func (r *requests) greet(s *session, g *greeted, frames []byte) {
	g.frames(frames)
	hello, ok := g.hello()
	switch {
	case !ok:
		r.ungreet(s)
	case hello != nil:
		if name := serverName(hello); name != nil {
			r.found(s, "quic", nil, name)
		}
		r.ungreet(s)
	case len(g.b) > 0 && (r.greetings[s] != nil || len(r.greetings) < greetedMax):
		if r.greetings == nil {
			r.greetings = make(map[*session]*greeted)
		}
		r.greetings[s] = g
	}
}

// frames takes what the CRYPTO frames of a packet bring; others that a client's Initial packet may have are passed over
// (RFC 9000, 12.4 and 19).
func (g *greeted) frames(b []byte) {
	var n, at, size uint64
	for in := cryptobyte.String(b); quicVarint(&in, &n); {
		switch n {
		case 0, 1: // PADDING, PING
		case 2, 3: // ACK
			var v [4]uint64 // largest, delay, further ranges, first range
			for i := range v {
				if !quicVarint(&in, &v[i]) {
					return
				}
			}
			more := 2 * v[2]
			if n == 3 {
				more += 3 // counts of ECN
			}
			if more > uint64(len(in)) {
				return
			}
			for range more {
				if !quicVarint(&in, &v[0]) {
					return
				}
			}
		case 6: // CRYPTO
			if !quicVarint(&in, &at) || !quicVarint(&in, &size) || size > uint64(len(in)) || at+size > headMax {
				return
			}
			if end := int(at + size); end > len(g.b) {
				g.b = append(g.b, make([]byte, end-len(g.b))...)
				g.have = append(g.have, make([]bool, end-len(g.have))...)
			}
			for i := range int(size) {
				g.have[int(at)+i] = true
			}
			copy(g.b[at:], in[:size])
			in.Skip(int(size))
		default:
			return
		}
	}
}

// hello returns the greeting once it is whole, and false where there is none, or one that is too long.
func (g *greeted) hello() (b []byte, ok bool) {
	n := 4
	for i, seen := range g.have {
		switch {
		case !seen:
			return nil, true
		case i == 0 && g.b[0] != 1:
			return nil, false
		case i == 3:
			if n += int(be16(g.b[2:])) | int(g.b[1])<<16; n > headMax {
				return nil, false
			}
		}
		if i >= 3 && i+1 == n {
			return g.b[:n], true
		}
	}
	return nil, true
}
