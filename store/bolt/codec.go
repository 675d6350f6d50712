package bolt

import (
	"fmt"
	"slices"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

const inS2 = 0 // the first byte

// codec compresses with zstd in bounded memory, for any number of goroutines of which n run at a time; or with S2, a
// fifth of the work. A frame in S2 begins with a byte that begins no frame of zstd.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// smallWindow bounds, in bytes, how far back zstd looks where memory is scarce.
const smallWindow = 1 << 20

// newCodec makes a codec that looks back so many bytes; 0 = as zstd does.
func newCodec(n int, best bool, window int) (*codec, error) {
	level := zstd.SpeedDefault
	if best {
		level = zstd.SpeedBestCompression
	}
	opt := []zstd.EOption{zstd.WithEncoderConcurrency(n), zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(false),
		zstd.WithSingleSegment(true), zstd.WithLowerEncoderMem(true)}
	if window > 0 {
		opt = append(opt, zstd.WithWindowSize(window))
	}
	enc, err := zstd.NewWriter(nil, opt...)
	if err != nil {
		return nil, fmt.Errorf("zstd encoder: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(n), zstd.WithDecoderMaxMemory(maxSummary))
	if err != nil {
		return nil, fmt.Errorf("zstd decoder: %w", err)
	}
	return &codec{enc: enc, dec: dec}, nil
}

func (z *codec) compress(plain, dst []byte, hurry bool) []byte {
	if hurry {
		at := len(dst) + 1
		dst = slices.Grow(append(dst, inS2), s2.MaxEncodedLen(len(plain)))
		return dst[:at+len(s2.Encode(dst[at:cap(dst)], plain))]
	}
	return z.enc.EncodeAll(plain, dst)
}

// decompress appends the one frame in b to dst. The frame must say itself that it holds size bytes, so that a
// forged one cannot claim memory beyond what the caller has found reasonable.
func (z *codec) decompress(b, dst []byte, size int) ([]byte, error) {
	if size == 0 && len(b) == 0 {
		return dst, nil
	}
	if len(b) > 0 && b[0] == inS2 {
		return unpackS2(b[1:], dst, size)
	}
	var h zstd.Header
	if err := h.Decode(b); err != nil || !h.HasFCS || h.FrameContentSize != uint64(size) || h.Skippable {
		return dst[:0], fmt.Errorf("%w: frame header", errDamaged)
	}
	at := len(dst)
	out, err := z.dec.DecodeAll(b, dst)
	if err != nil || len(out)-at != size {
		return dst[:0], fmt.Errorf("%w: zstd", errDamaged)
	}
	return out, nil
}

func unpackS2(b, dst []byte, size int) ([]byte, error) {
	if n, err := s2.DecodedLen(b); err != nil || n != size {
		return dst[:0], fmt.Errorf("%w: length of S2", errDamaged)
	}
	at := len(dst)
	dst = slices.Grow(dst, size)[:at+size]
	if out, err := s2.Decode(dst[at:], b); err != nil || len(out) != size {
		return dst[:0], fmt.Errorf("%w: S2", errDamaged)
	}
	return dst, nil
}

func (z *codec) close() {
	_ = z.enc.Close() // nothing is buffered: EncodeAll only
	z.dec.Close()
}
