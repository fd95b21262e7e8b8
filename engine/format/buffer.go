package format

import "sync"

// bufferPool keeps byte buffers across readers: fresh memory costs page faults that dwarf decoding.
var bufferPool sync.Pool

// TakeBuffer returns a buffer of at least n bytes capacity, length 0. The caller owns it, and may give it back by GiveBuffer.
func TakeBuffer(n int) []byte {
	if b, ok := bufferPool.Get().(*[]byte); ok && cap(*b) >= n {
		return (*b)[:0]
	}
	return make([]byte, 0, n)
}

// GiveBuffer hands a buffer over for others to take; nothing may refer to it any more.
func GiveBuffer(b []byte) {
	if cap(b) > 0 && cap(b) <= 16<<20 {
		b = b[:0]
		bufferPool.Put(&b)
	}
}
