package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"uncloak/ingest"
	"uncloak/ingest/play"
)

// sendMax is how much text send keeps in memory.
const sendMax = 1 << 30

func (a *app) sendCommand() *cobra.Command {
	c := play.Config{Network: "udp", Senders: 1}
	var pace, framing, ca, cert, key, name string
	cmd := &cobra.Command{Use: "send FILE|- ADDRESS", Short: "Play a log at a syslog receiver: at a rate, or as it was recorded",
		Long: "Sends the lines of FILE (compressed or not; - is stdin) to ADDRESS, a host:port or the path of a socket, and says how many went\n" +
			"at what rate. Lines go as they are: they should begin with a priority, like <13>. Whether all arrived says the receiver:\n" +
			"uncloak check shows what serve received, lost and did not understand.\n\n" +
			"A clock that stays behind for minutes is taken for a wrong one: send old lines with --restamp to keep their distances.",
		Example: "uncloak send router.log 127.0.0.1:5514 --rate 50000 --count 1000000\nuncloak send router.log.xz gw:514 --net tcp --pace recorded --speed 10 --restamp\n" +
			"uncloak send router.log localhost:5514 --senders 100",
		Args: cobra.ExactArgs(2)}
	f := cmd.Flags()
	f.StringVar(&c.Network, "net", "udp", "udp, tcp, tls, unix (datagrams) or unix-stream")
	f.Float64Var(&c.Rate, "rate", 0, "lines a second, of all senders together (default as fast as they are taken)")
	f.IntVar(&c.Count, "count", 0, "lines to send, from the beginning again where the file has fewer (default each once)")
	f.DurationVar(&c.For, "for", 0, "stop after so long, like 10s; without --count the file is sent again and again")
	f.StringVar(&pace, "pace", "rate", "rate, or recorded: with the distances of the stamps")
	f.Float64Var(&c.Speed, "speed", 1, "with --pace recorded: so many times as fast")
	f.IntVar(&c.Senders, "senders", 1, "sockets that send in turn; to 127.0.0.1 each from an address of its own")
	f.StringVar(&framing, "framing", "newline", "streams: newline, or octet (RFC 6587; always with TLS by RFC 5425)")
	f.BoolVar(&c.Restamp, "restamp", false, "make the time in the header that of sending")
	f.StringVar(&ca, "ca", "", "tls: PEM file of the authority of the receiver's certificate (default the system's)")
	f.StringVar(&cert, "cert", "", "tls: PEM file of our certificate")
	f.StringVar(&key, "key", "", "tls: PEM file of its key")
	f.StringVar(&name, "name", "", "tls: name in the receiver's certificate (default the host of ADDRESS)")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := errors.Join(oneOf("net", c.Network, "udp", "tcp", "tls", "unix", "unix-stream"), oneOf("pace", pace, "rate", "recorded"), oneOf("framing", framing, "newline", "octet")); err != nil {
			return err
		}
		if err := a.setup(cmd); err != nil {
			return err
		}
		c.Address, c.Recorded, c.Octet, c.Location = args[1], pace == "recorded", framing == "octet" || c.Network == "tls", a.cfg.location
		if c.Network == "tls" {
			if c.Secure, err = clientTLS(args[1], ca, cert, key, name); err != nil {
				return usageError{err}
			}
		}
		if err := c.Validate(); err != nil {
			return usageError{err}
		}
		return a.send(cmd.Context(), c, args[0])
	}
	return cmd
}

func (a *app) send(ctx context.Context, c play.Config, path string) error {
	in := a.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	lines, err := ingest.ReadLines(in, sendMax)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if c.For > 0 && c.Count == 0 {
		c.Count = int(^uint(0)>>1) - len(lines)
	}
	s, err := play.Run(ctx, c, lines)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "sent %d lines (%.1f MB) in %.3f s: %.0f lines/s, %d errors\n", s.Lines, float64(s.Bytes)/1e6, s.Took.Round(time.Millisecond).Seconds(), s.Rate(), s.Errors)
	if s.Err != nil {
		return fmt.Errorf("%d lines were not taken: %w", s.Errors, s.Err)
	}
	return nil
}

// clientTLS is the side of a sender.
func clientTLS(address, ca, cert, key, name string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name}
	if name == "" {
		cfg.ServerName, _, _ = net.SplitHostPort(address)
	}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		if cfg.RootCAs = x509.NewCertPool(); !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate", ca)
		}
	}
	if cert != "" || key != "" {
		c, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, err
		}
		cfg.Certificates = []tls.Certificate{c}
	}
	return cfg, nil
}
