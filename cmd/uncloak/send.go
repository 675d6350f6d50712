package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"uncloak/ingest"
	"uncloak/ingest/play"
)

// sendMax limits the bytes of text that send keeps in memory.
const sendMax = 1 << 30

func (a *app) sendCommand() *cobra.Command {
	c := play.Config{Network: "udp", Senders: 1}
	var pace, framing, ca, cert, key, name string
	var ports []uint
	cmd := &cobra.Command{Use: "send FILE|- ADDRESS",
		Short: "Play a log or a packet capture at a syslog receiver: at a rate, or as it was recorded",
		Long: "Sends the lines of FILE (compressed or not; - is stdin) to ADDRESS, a host:port, or a path with\n" +
			"--net unix, and says how many went at what rate. Lines go as they are: they should begin with\n" +
			"a priority, like <13>. Whether all arrived says the receiver: uncloak check shows what serve\n" +
			"received, lost and did not understand. Stdin, or a pipe, is passed on as it comes, unless --count\n" +
			"or --for want it again. Ctrl-C ends it, with the count.\n\n" +
			"Of a packet capture (pcap, pcapng) the syslog messages go, each byte for byte: the datagrams to\n" +
			"--ports, put together from fragments, and the messages in TCP streams to them, of either framing.\n" +
			"The last line says what else was in it. A message that the capture has only a part of is not sent:\n" +
			"capture with tcpdump -s 0.\n\n" +
			"A clock that stays behind for minutes is taken for a wrong one: send old lines with --restamp to\n" +
			"keep their distances.",
		Example: "uncloak send router.log 127.0.0.1:5514 --rate 50000 --count 1000000\n" +
			"uncloak send router.log.xz gw:514 --net tcp --pace recorded --speed 10 --restamp\n" +
			"uncloak send router.log localhost:5514 --senders 100\n" +
			"uncloak send capture.pcapng.gz logs:6514 --net tls --ca ca.pem --pace recorded --ports 514,1514\n" +
			"tcpdump -i eth0 -s 0 -U -w - udp port 514 | uncloak send - logs:5514",
		Args: cobra.ExactArgs(2)}
	f := cmd.Flags()
	f.StringVar(&c.Network, "net", "udp", "udp, tcp, tls, unix (datagrams) or unix-stream")
	f.Float64Var(&c.Rate, "rate", 0, "lines a second, of all senders together (default as fast as they are taken)")
	f.IntVar(&c.Count, "count", 0, "lines to send, from the beginning again where the file has fewer (default each "+
		"once)")
	f.DurationVar(&c.For, "for", 0, "stop after so long, like 10s; without --count the file is sent again and again")
	f.StringVar(&pace, "pace", "rate", "rate, or recorded: with the distances of the stamps, or of the packets of a "+
		"capture")
	f.Float64Var(&c.Speed, "speed", 1, "with --pace recorded: so many times as fast")
	f.IntVar(&c.Senders, "senders", 1,
		"sockets that send in turn (each sender in a capture keeps to one); to 127.0.0.1 each from an address of its "+
			"own")
	f.StringVar(&framing, "framing", "newline", "streams: newline, or octet (RFC 6587; always with TLS by RFC 5425)")
	f.BoolVar(&c.Restamp, "restamp", false, "make the time in the header that of sending")
	f.UintSliceVar(&ports, "ports", []uint{514}, "capture: ports to which syslog went")
	f.StringVar(&ca, "ca", "", "tls: PEM file of the authority of the receiver's certificate (default the system's)")
	f.StringVar(&cert, "cert", "", "tls: PEM file of the client certificate")
	f.StringVar(&key, "key", "", "tls: PEM file of its key")
	f.StringVar(&name, "name", "", "tls: name in the receiver's certificate (default the host of ADDRESS)")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := errors.Join(oneOf("net", &c.Network, "udp", "tcp", "tls", "unix", "unix-stream"),
			oneOf("pace", &pace, "rate", "recorded"), oneOf("framing", &framing, "newline", "octet")); err != nil {
			return err
		}
		if err := a.setup(cmd); err != nil {
			return err
		}
		c.Address, c.Location = args[1], a.cfg.location
		c.Recorded, c.Octet = pace == "recorded", framing == "octet" || c.Network == "tls"
		if c.Network == "tls" {
			if c.Secure, err = clientTLS(args[1], ca, cert, key, name); err != nil {
				return usageError{err}
			}
		} else if ca+cert+key+name != "" {
			return usageError{errors.New("--ca, --cert, --key and --name are for --net tls")}
		}
		if f.Changed("framing") && (c.Network == "udp" || c.Network == "unix") {
			return usageError{errors.New("--framing is for streams: --net tcp, tls or unix-stream")}
		}
		if f.Changed("speed") && !c.Recorded {
			return usageError{errors.New("--speed is for --pace recorded")}
		}
		if err := c.Validate(); err != nil {
			return usageError{err}
		}
		from, err := portNumbers(ports)
		if err != nil {
			return usageError{err}
		}
		return a.send(cmd.Context(), c, args[0], from)
	}
	return cmd
}

// portNumbers checks the values of --ports.
func portNumbers(ports []uint) (out []uint16, err error) {
	for _, p := range ports {
		if p < 1 || p > 65535 {
			return nil, fmt.Errorf("--ports %d: a port is a number from 1 to 65535", p)
		}
		out = append(out, uint16(p))
	}
	return out, nil
}

// send sends the messages of the file at path, or of stdin, and prints the counts.
func (a *app) send(ctx context.Context, c play.Config, path string, ports []uint16) error {
	in, held := a.stdin, false
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		fi, err := f.Stat()
		if err != nil {
			return err
		}
		in, held = f, fi.Mode().IsRegular() && fi.Size() <= sendMax
	}
	var from *ingest.Messages
	var s play.Summary
	err := waitFor(ctx, func() (err error) {
		if from, err = ingest.NewMessages(in, ports...); err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case !held && c.Count == 0 && c.For == 0:
		s, err = play.Stream(ctx, c, func() ([]ingest.Message, error) {
			batch, err := from.Next()
			if err != nil && !errors.Is(err, io.EOF) {
				err = fmt.Errorf("%s: %w", path, err)
			}
			return batch, err
		})
	default:
		s, err = sendAll(ctx, c, path, from)
	}
	if err != nil && s.Lines+s.Errors == 0 {
		return err
	}
	fmt.Fprintln(a.stdout, sendLine(&s, from))
	return errors.Join(err, sendError(&s))
}

// sendAll reads the whole input before it sends, so that it can be sent again and reading does not slow the pace.
func sendAll(ctx context.Context, c play.Config, path string, from *ingest.Messages) (play.Summary, error) {
	var all []ingest.Message
	err := waitFor(ctx, func() (err error) {
		all, err = from.All(sendMax)
		return err
	})
	if err != nil {
		return play.Summary{}, fmt.Errorf("%s: %w", path, err)
	}
	return play.Run(ctx, c, all)
}

// waitFor calls do, which cannot be interrupted, such as a read from a terminal, and waits for its end or that of ctx.
func waitFor(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errors.New("stopped while reading, nothing was sent")
	}
}

// sendLine formats the last line of the output: what was sent, and what was not.
func sendLine(s *play.Summary, from *ingest.Messages) string {
	b := fmt.Appendf(nil, "sent %d lines (%.1f MB) in %.3f s: %.0f lines/s, %d errors", s.Lines, float64(s.Bytes)/1e6,
		s.Took.Round(time.Millisecond).Seconds(), s.Rate(), s.Errors)
	if s.Stopped {
		b = append(b, "; stopped"...)
	}
	if s.Left > 0 {
		b = fmt.Appendf(b, "; %d lines not sent", s.Left)
	}
	if s.Unread > 0 {
		b = fmt.Appendf(b, "; the last %d bytes not taken by the receiver", s.Unread)
	}
	if s.Broken > 0 {
		b = fmt.Appendf(b, "; %d with newlines in them, which --framing octet keeps whole", s.Broken)
	}
	if in, ok := from.Capture(); ok {
		b = fmt.Appendf(b, "; capture: %s", in)
	}
	return string(b)
}

// sendError returns the error of a send that did not deliver everything.
func sendError(s *play.Summary) error {
	switch {
	case s.Err != nil && s.Errors == 0:
		return s.Err
	case s.Err != nil:
		return fmt.Errorf("%d lines were not taken: %w", s.Errors, s.Err)
	case s.Unread > 0 && !s.Stopped:
		return errors.New("the receiver reads no more: what it was sent last waits in front of it")
	}
	return nil
}

// clientTLS returns the TLS settings of a sender.
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
	if (cert == "") != (key == "") {
		return nil, errors.New("a client certificate needs both --cert and --key")
	}
	if cert != "" {
		c, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, err
		}
		cfg.Certificates = []tls.Certificate{c}
	}
	return cfg, nil
}
