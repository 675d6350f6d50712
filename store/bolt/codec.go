package bolt

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// codec is zstd with bounded memory, for any number of goroutines, of which n run at a time.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newCodec(n int, best bool) (*codec, error) {
	level := zstd.SpeedDefault
	if best {
		level = zstd.SpeedBestCompression
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(n), zstd.WithEncoderLevel(level),
		zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("zstd encoder: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(n), zstd.WithDecoderMaxMemory(maxSummary))
	if err != nil {
		return nil, fmt.Errorf("zstd decoder: %w", err)
	}
	return &codec{enc: enc, dec: dec}, nil
}

func (z *codec) compress(plain, dst []byte) []byte { return z.enc.EncodeAll(plain, dst) }

// decompress appends the one frame in b to dst. The frame must say itself that it holds size bytes, so that a
// forged one cannot claim memory beyond what the caller has found reasonable.
func (z *codec) decompress(b, dst []byte, size int) ([]byte, error) {
	if size == 0 && len(b) == 0 {
		return dst, nil
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

func (z *codec) close() {
	_ = z.enc.Close() // nothing is buffered: EncodeAll only
	z.dec.Close()
}
