//go:build damage

package bolt

const flipAll = true
