package function

import (
	"crypto/aes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash/crc32"
	"strconv"
	"strings"

	"skep/dialect/types"
	"skep/engine/vector"
)

var codecTable = map[string]entry{
	"hex":         {build: hexOf, nulls: Strict, costly: true},
	"unhex":       {build: unhex, nulls: Strict, costly: true},
	"bin":         {build: binOf, nulls: Strict},
	"conv":        {build: conv, nulls: Strict, costly: true},
	"base64":      {build: mapText(base64.StdEncoding.AppendEncode), nulls: Strict, costly: true},
	"unbase64":    {build: unbase64, nulls: Strict, costly: true},
	"md5":         {build: digest(func(s []byte) []byte { d := md5.Sum(s); return d[:] }), nulls: Strict, costly: true},
	"sha1":        {build: digest(func(s []byte) []byte { d := sha1.Sum(s); return d[:] }), nulls: Strict, costly: true},
	"sha2":        {build: sha2, nulls: Strict, costly: true},
	"crc32":       {build: crc, nulls: Strict, costly: true},
	"encode":      {build: encode, nulls: Strict, costly: true, fallible: true},
	"decode":      {build: decode, nulls: Strict, costly: true, fallible: true},
	"aes_encrypt": {build: aesKernel(aesEncrypt), nulls: Strict, costly: true},
	"aes_decrypt": {build: aesKernel(aesDecrypt), nulls: Strict, costly: true},
}

func hexOf(_ *Env, call *Call) Kernel {
	if call.Args[0].Physical() == types.Bytes {
		return mapText(func(dst, s []byte) []byte {
			const digits = "0123456789ABCDEF"
			for _, c := range s {
				dst = append(dst, digits[c>>4], digits[c&15])
			}
			return dst
		})(nil, call)
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := ints(args[0])
		rows.Each(func(i int) { out.SetString(i, strings.ToUpper(strconv.FormatUint(uint64(a.at(i)), 16))) })
		return nil
	}
}

func unhex(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		rows.Each(func(i int) {
			s := string(a.at(i))
			if len(s)%2 == 1 {
				s = "0" + s
			}
			data := out.Extend()
			start := len(data)
			for k := 0; k < len(s); k += 2 {
				b, err := strconv.ParseInt(s[k:k+2], 16, 16) // each pair by itself, so that a sign may stand in one
				if err != nil {
					out.Null(i)
					return
				}
				data = append(data, byte(b))
			}
			out.Set(i, start, data)
		})
		return nil
	}
}

func binOf(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := ints(args[0])
		rows.Each(func(i int) {
			data := out.Extend()
			out.Set(i, len(data), strconv.AppendUint(data, uint64(a.at(i)), 2))
		})
		return nil
	}
}

// conv converts a number between bases 2 to 36; a negative target base makes the result signed. Numbers are unsigned 64-bit,
// saturating; digits end at the first that the base does not have.
func conv(_ *Env, call *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		from, to := ints(args[1]), ints(args[2])
		rows.Each(func(i int) {
			var s string
			if args[0].Type.Physical() == types.Bytes {
				s = string(args[0].Bytes(i))
			} else {
				a := ints(args[0])
				s = strconv.FormatInt(a.at(i), 10)
			}
			text, ok := convert(s, from.at(i), to.at(i))
			if !ok {
				out.Null(i)
				return
			}
			out.SetString(i, text)
		})
		return nil
	}
}

func convert(s string, from, to int64) (string, bool) {
	signed := to < 0
	base := to
	if signed {
		base = -to
	}
	if from < 2 || from > 36 || base < 2 || base > 36 || s == "" {
		return "", false
	}
	negative := s[0] == '-'
	if negative {
		s = s[1:]
	}
	end := 0
	for end < len(s) && digitValue(s[end]) < from {
		end++
	}
	v := uint64(0)
	if end > 0 {
		n, err := strconv.ParseUint(s[:end], int(from), 64)
		if err != nil {
			n = ^uint64(0)
		}
		v = n
	}
	if negative && !signed {
		if int64(v) < 0 {
			v = ^uint64(0)
		} else {
			v = -v
		}
	}
	if signed && int64(v) < 0 {
		v = -v
		negative = true
	}
	text := strings.ToUpper(strconv.FormatUint(v, int(base)))
	if negative && signed {
		text = "-" + text
	}
	return text, true
}

func digitValue(c byte) int64 {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return int64(c|0x20-'a') + 10
	}
	return 99
}

// unbase64 skips characters outside the alphabet, as Hive's decoder does.
func unbase64(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		var clean []byte
		rows.Each(func(i int) {
			clean = clean[:0]
			for _, c := range a.at(i) {
				switch {
				case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
					clean = append(clean, c)
				case c == '-':
					clean = append(clean, '+')
				case c == '_':
					clean = append(clean, '/')
				}
				if c == '=' {
					break
				}
			}
			if len(clean)%4 == 1 {
				clean = clean[:len(clean)-1]
			}
			data := out.Extend()
			start := len(data)
			data, err := base64.RawStdEncoding.AppendDecode(data, clean)
			if err != nil {
				out.Null(i)
				return
			}
			out.Set(i, start, data)
		})
		return nil
	}
}

// digest prints a hash in lower-case hexadecimal.
func digest(sum func([]byte) []byte) Builder {
	return mapText(func(dst, s []byte) []byte { return hex.AppendEncode(dst, sum(s)) })
}

func sha2(_ *Env, _ *Call) Kernel {
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a, n := textsOf(args[0]), ints(args[1])
		rows.Each(func(i int) {
			s := a.at(i)
			var sum []byte
			switch n.at(i) {
			case 1:
				d := sha1.Sum(s)
				sum = d[:]
			case 224:
				d := sha256.Sum224(s)
				sum = d[:]
			case 0, 256:
				d := sha256.Sum256(s)
				sum = d[:]
			case 384:
				d := sha512.Sum384(s)
				sum = d[:]
			case 512:
				d := sha512.Sum512(s)
				sum = d[:]
			default:
				out.Null(i)
				return
			}
			data := out.Extend()
			out.Set(i, len(data), hex.AppendEncode(data, sum))
		})
		return nil
	}
}

func crc(_ *Env, call *Call) Kernel {
	if call.Args[0].Physical() != types.Bytes {
		return nil
	}
	return func(args []*vector.Vector, rows Rows, out *Result) error {
		a := textsOf(args[0])
		rows.Each(func(i int) { out.I64[i] = int64(crc32.ChecksumIEEE(a.at(i))) })
		return nil
	}
}

// aesKernel works on keys of 16, 24 or 32 bytes; others give NULL.
func aesKernel(f func(s, key []byte) ([]byte, bool)) Builder {
	return func(_ *Env, call *Call) Kernel {
		if !allTexts(call.Args) {
			return nil
		}
		return func(args []*vector.Vector, rows Rows, out *Result) error {
			a, key := textsOf(args[0]), textsOf(args[1])
			rows.Each(func(i int) {
				r, ok := f(a.at(i), key.at(i))
				if !ok {
					out.Null(i)
					return
				}
				out.SetBytes(i, r)
			})
			return nil
		}
	}
}

// aesEncrypt is AES/ECB/PKCS5Padding, Java's default for "AES".
func aesEncrypt(s, key []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	n := aes.BlockSize - len(s)%aes.BlockSize
	out := append([]byte(nil), s...)
	for range n {
		out = append(out, byte(n))
	}
	for k := 0; k < len(out); k += aes.BlockSize {
		block.Encrypt(out[k:], out[k:])
	}
	return out, true
}

func aesDecrypt(s, key []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil || len(s) == 0 || len(s)%aes.BlockSize != 0 {
		return nil, false
	}
	out := append([]byte(nil), s...)
	for k := 0; k < len(out); k += aes.BlockSize {
		block.Decrypt(out[k:], out[k:])
	}
	n := int(out[len(out)-1])
	if n < 1 || n > aes.BlockSize || n > len(out) {
		return nil, false
	}
	for _, c := range out[len(out)-n:] {
		if int(c) != n {
			return nil, false
		}
	}
	return out[:len(out)-n], true
}
