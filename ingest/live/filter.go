package live

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// ErrNoTcpdump is the error of Compile where no tcpdump is installed.
var ErrNoTcpdump = errors.New("a filter needs tcpdump, which compiles it: install the package tcpdump, or leave the " +
	"filter out")

// RefusedError holds what tcpdump says of an expression that it does not take.
type RefusedError struct{ Said string }

func (e RefusedError) Error() string { return "tcpdump refuses the filter: " + e.Said }

// Compile returns a function for Options.Filter that has an expression (pcap-filter(7)) compiled by tcpdump -ddd, for
// frames of which snap bytes are kept. The function's error is ErrNoTcpdump, or a RefusedError.
func Compile(ctx context.Context, expression []string, snap int) func(link int) (Program, error) {
	if len(strings.TrimSpace(strings.Join(expression, " "))) == 0 {
		return nil
	}
	return func(link int) (Program, error) {
		tcpdump, err := findTcpdump()
		if err != nil {
			return nil, err
		}
		name := "EN10MB"
		if link == linkRaw {
			name = "RAW"
		}
		args := append([]string{"-y", name, "-s", strconv.Itoa(snap), "-ddd", "--"}, expression...)
		cmd := exec.CommandContext(ctx, tcpdump, args...)
		var said strings.Builder
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil {
			text := strings.Join(strings.Fields(strings.TrimPrefix(said.String(), "tcpdump: ")), " ")
			if text == "" {
				return nil, fmt.Errorf("%s: %w", tcpdump, err)
			}
			return nil, RefusedError{text}
		}
		p, err := ParseProgram(string(out))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tcpdump, err)
		}
		return p, nil
	}
}

// findTcpdump finds tcpdump, also where only root's PATH has it.
func findTcpdump() (string, error) {
	for _, name := range []string{"tcpdump", "/usr/sbin/tcpdump", "/usr/bin/tcpdump"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoTcpdump
}
