package ingest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// TLSFiles names the files for receiving syslog over TLS (RFC 5425). A name in AllowedNames is compared with the names
// of a client's certificate (DNS names, addresses and, as many syslog certificates have nothing else, the common name),
// in any case of letters; "*.example.net" stands for one label more. Without names every certificate of the authority
// is accepted.
type TLSFiles struct {
	Cert, Key    string   // PEM files of our certificate, with what leads to its authority, and its key
	ClientCA     string   // PEM file with the authorities of client certificates; "": clients need none
	AllowedNames []string // whose certificate a client may show; needs ClientCA
}

// Given reports whether any field is set.
func (f TLSFiles) Given() bool {
	return f.Cert != "" || f.Key != "" || f.ClientCA != "" || len(f.AllowedNames) > 0
}

// Load reads the files. Its errors name the file that is wrong.
func (f TLSFiles) Load() (*tls.Config, error) {
	if f.Cert == "" || f.Key == "" {
		return nil, errors.New("TLS needs a certificate and its key, both in PEM")
	}
	own, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("TLS certificate %s with key %s: %w", f.Cert, f.Key, err)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS12}
	if f.ClientCA == "" {
		if len(f.AllowedNames) > 0 {
			return nil, errors.New("names of TLS clients are allowed, but no authority for their certificates is given")
		}
		return cfg, nil
	}
	pem, err := os.ReadFile(f.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("authority of TLS clients: %w", err)
	}
	cfg.ClientCAs = x509.NewCertPool()
	if !cfg.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("authority of TLS clients: %s has no certificate in PEM", f.ClientCA)
	}
	cfg.ClientAuth = tls.RequireAndVerifyClientCert
	if names := slices.Clone(f.AllowedNames); len(names) > 0 {
		cfg.VerifyConnection = func(c tls.ConnectionState) error { return allowed(c.PeerCertificates[0], names) }
	}
	return cfg, nil
}

// allowed returns nil if a certificate, which is verified, has one of the names.
func allowed(cert *x509.Certificate, names []string) error {
	have := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		have = append(have, ip.String())
	}
	if cn := cert.Subject.CommonName; cn != "" && !slices.Contains(have, cn) {
		have = append(have, cn)
	}
	for _, h := range have {
		if slices.ContainsFunc(names, func(n string) bool { return matches(n, h) }) {
			return nil
		}
	}
	return fmt.Errorf("its certificate is for %s: none of these is an allowed name", strings.Join(have, ", "))
}

// matches reports whether a name equals an allowed one, or fits its "*.".
func matches(allowed, name string) bool {
	if rest, ok := strings.CutPrefix(allowed, "*."); ok {
		_, after, found := strings.Cut(name, ".")
		return found && strings.EqualFold(rest, after)
	}
	return strings.EqualFold(allowed, name)
}

// secure returns the TLS settings for the next connection.
func (s *Server) secure() *tls.Config { return s.set.Load().Secure }

// handshake does the TLS handshake of a connection, in that connection's goroutine: a silent client holds up no other.
// ctx ends with the end of a stop, not its beginning: a client may have sent lines and believe that they arrived before
// the server's side of TLS 1.3 is done.
func (l *streamSocket) handshake(ctx context.Context, c *tls.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Handshake)
	defer cancel()
	err := c.HandshakeContext(ctx)
	var head tls.RecordHeaderError
	switch {
	case errors.As(err, &head):
		return errors.New("it does not speak TLS: let it, or send to the TCP port")
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("it said too little for %v", l.cfg.Handshake)
	}
	return err
}
