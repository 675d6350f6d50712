package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"uncloak/detect"
	"uncloak/ingest"
	"uncloak/report/api"
	"uncloak/store"
)

// retain holds how long and how much is kept; 0 means no limit.
type retain struct {
	Days    int  `koanf:"days"`
	Bytes   size `koanf:"bytes"`    // of all day files
	RawDays int  `koanf:"raw_days"` // after these, the lines as received are dropped
}

func (r retain) keep() store.Retain {
	return store.Retain{Days: r.Days, Bytes: int64(r.Bytes), RawDays: r.RawDays}
}

func (r retain) check() error {
	if r.Days < 0 || r.Bytes < 0 || r.RawDays < 0 {
		return errors.New("retain: days, bytes and raw_days are 0 (no limit) or more")
	}
	return nil
}

// size is a number of bytes, which the config may write as 500M, 20GB or 1.5TiB.
type size int64

// UnmarshalText reads the forms with a unit: k, M, G, T are powers of 1000, Ki, Mi, Gi, Ti of 1024.
func (s *size) UnmarshalText(b []byte) error {
	text := strings.TrimSuffix(strings.TrimSpace(string(b)), "B")
	i := len(strings.TrimRight(text, "kKMGTi"))
	factor, ok := map[string]float64{"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}[text[i:]]
	n, err := strconv.ParseFloat(strings.TrimSpace(text[:i]), 64)
	if !ok || err != nil || !(n >= 0) || n*factor > 1e18 {
		return fmt.Errorf("%q is not a size such as 500M, 20GB or 1.5TiB", b)
	}
	*s = size(n * factor)
	return nil
}

// maintainer maintains the files of the store and makes the summaries forget the days that it deletes.
type maintainer struct {
	store.Maintainer
	days *ingest.Days
}

// Retain deletes old days from the store and from the summaries.
func (m maintainer) Retain(ctx context.Context, r store.Retain, today detect.Date,
	dryRun bool) ([]store.Pruned, error) {
	got, err := m.Maintainer.Retain(ctx, r, today, dryRun)
	for _, p := range got {
		if !dryRun && p.Why != "raw" {
			m.days.Forget(p.Date)
		}
	}
	return got, err
}

// retainNow deletes the days that exceed the limits of the config, and logs them.
func (a *app) retainNow(ctx context.Context, h *instance) {
	keep := h.settings.Load().Retain
	if keep == (store.Retain{}) {
		return
	}
	got, err := h.maintainer.Retain(ctx, keep, detect.DateOf(a.now()), false)
	for _, p := range got {
		msg := "day is deleted, as retain: says"
		if p.Why == "raw" {
			msg = "lines of a day are dropped, as retain: says"
		}
		a.log.Info(msg, "day", p.Date.String(), "events", p.Events, "bytes", p.Bytes, "why", p.Why)
	}
	if err != nil && ctx.Err() == nil {
		a.log.Error("old days are not deleted", "error", err)
	}
}

func (a *app) pruneCommand() *cobra.Command {
	var dryRun bool
	var days, rawDays int
	var bytes string
	cmd := &cobra.Command{Use: "prune", Short: "Delete the oldest days until the rest fits",
		Long: "Deletes whole UTC days, the oldest first, until as many are left as the config (retain: days,\n" +
			"bytes) or the flags allow, whichever comes first; --raw-days drops the lines as received of older\n" +
			"days and keeps what was read of them. Today always stays. serve does the same by itself, each\n" +
			"hour, with what the config says.",
		Example: "uncloak prune --dry-run\nuncloak prune --days 180\nuncloak prune --bytes 20GB --raw-days 30"}
	f := cmd.Flags()
	f.BoolVar(&dryRun, "dry-run", false, "only say what would be deleted")
	f.IntVar(&days, "days", 0, "keep so many days, today among them (default retain: of the config)")
	f.StringVar(&bytes, "bytes", "", "keep so much: 500M, 20GB")
	f.IntVar(&rawDays, "raw-days", 0, "drop the lines as received after so many days")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v := url.Values{}
		for name, n := range map[string]int{"days": days, "raw-days": rawDays} {
			if cmd.Flags().Changed(name) {
				v.Set(name, strconv.Itoa(n))
			}
		}
		if bytes != "" {
			var n size
			if err := n.UnmarshalText([]byte(bytes)); err != nil {
				return usagef("--bytes %w", err)
			}
			v.Set("bytes", strconv.FormatInt(int64(n), 10))
		}
		if dryRun {
			v.Set("dry-run", "1")
		}
		var got []store.Pruned
		return a.maintain(cmd, "/v1/prune", v, &got, func() {
			for _, p := range got {
				what := map[string]string{"days": "deleted: too old", "bytes": "deleted: too much",
					"raw": "lines dropped"}[p.Why]
				if dryRun {
					what = "would be " + map[string]string{"days": "deleted: too old", "bytes": "deleted: too much",
						"raw": "freed of its lines"}[p.Why]
				}
				fmt.Fprintf(a.stdout, "%v  %12d events %14d bytes  %s\n", p.Date, p.Events, p.Bytes, what)
			}
			if len(got) == 0 {
				fmt.Fprintln(a.stdout, "nothing to delete")
			}
		})
	}
	return cmd
}

func (a *app) compactCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "compact", Short: "Write finished days anew, as small as they can be",
		Long: "Writes each day before today anew that would become an eighth smaller by it. serve does so by\n" +
			"itself, each hour, and import quickly when it ends."}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var got []store.Compacted
		return a.maintain(cmd, "/v1/compact", nil, &got, func() {
			for _, c := range got {
				fmt.Fprintf(a.stdout, "%v  %14d bytes, %d before\n", c.Date, c.After, c.Before)
			}
			if len(got) == 0 {
				fmt.Fprintln(a.stdout, "nothing to gain")
			}
		})
	}
	return cmd
}

func (a *app) upgradeCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{Use: "upgrade", Short: "Make the summaries of days anew that another version made",
		Long: "Events stay as they are stored. What is known of each day is a summary of its events, and a new\n" +
			"version, or another --lan or --table, may make another one of them. Without this command the first\n" +
			"answer about such a day waits for it. It works while serve runs, and may be stopped at any time.",
		Example: "uncloak upgrade --dry-run"}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be made anew")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		v := url.Values{}
		if dryRun {
			v.Set("dry-run", "1")
		} else if a.readOnly {
			return usagef("upgrade writes into the data directory: leave out --read-only, or give --dry-run")
		}
		var got []store.Outdated
		return a.maintain(cmd, "/v1/upgrade", v, &got, func() {
			why := map[string]string{store.WhyMissing: "had no summary that can be read",
				store.WhyMaker:  "was summarized by another version, or with other settings",
				store.WhyEvents: "has other events than were summarized"}
			for _, o := range got {
				fmt.Fprintf(a.stdout, "%v  %12d events  %s\n", o.Date, o.Events, why[o.Why])
			}
			switch {
			case len(got) == 0:
				fmt.Fprintln(a.stdout, "all summaries are up to date")
			case dryRun:
				fmt.Fprintln(a.stdout, "run again without --dry-run to make them anew")
			default:
				fmt.Fprintln(a.stdout, "made anew")
			}
		})
	}
	return cmd
}

// maintain posts a request, reads the answer and shows it.
func (a *app) maintain(cmd *cobra.Command, path string, v url.Values, answer any, show func()) error {
	return a.withSession(cmd, func(ctx context.Context, s *session) error {
		resp, err := s.call(ctx, http.MethodPost, path, v)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
			return s.explain(err)
		}
		show()
		return nil
	})
}

func (a *app) backupCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "backup FILE", Short: "Copy all data into one file, also while serve runs",
		Long: "Writes a tar with all days, acks and what else is in the data directory; - is stdout. Each day in\n" +
			"it is whole, as it was at one moment. FILE appears when it is complete, for you alone (mode 0600).\n" +
			"To use it, unpack it: it is a data directory.",
		Example: "uncloak backup /mnt/nas/uncloak-$(date +%F).tar\n" +
			"uncloak backup - | zstd | ssh nas 'cat > uncloak.tar.zst'\n" +
			"mkdir -m 700 back && tar -xf uncloak.tar -C back && uncloak verify --data back && uncloak report --data " +
			"back",
		Args: cobra.ExactArgs(1)}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.withSession(cmd, func(ctx context.Context, s *session) error {
			resp, err := s.call(ctx, http.MethodGet, "/v1/backup", nil)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			return s.explain(a.writeBackup(args[0], resp))
		})
	}
	return cmd
}

// writeBackup writes the answer to a temporary file and renames it when all of it is on the disk.
func (a *app) writeBackup(name string, resp *http.Response) (err error) {
	if name == "-" {
		return copyWhole(a.stdout, resp)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".uncloak-*") // of mode 0600
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	defer os.Remove(f.Name()) // gone after the rename
	err = copyWhole(f, resp)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return os.Rename(f.Name(), name)
}

// copyWhole copies an answer to w; an answer that ended early is an error.
func copyWhole(w io.Writer, resp *http.Response) error {
	if _, err := io.Copy(w, resp.Body); err != nil {
		return err
	}
	if msg := resp.Trailer.Get(api.HeaderError); msg != "" {
		return fmt.Errorf("the output is not complete: %s", msg)
	}
	return nil
}

func (a *app) verifyCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{Use: "verify", Short: "Read everything that is stored, and say what is wrong",
		Long: "Reads all pages, events and lines of each day and compares them with what its file says of itself.\n" +
			"Exits with 1 if anything is wrong. It works while serve runs."}
	cmd.Flags().StringVar(&format, "format", "text", "text or ndjson")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := oneOf("format", &format, "text", "ndjson"); err != nil {
			return err
		}
		return a.withSession(cmd, func(ctx context.Context, s *session) error {
			resp, err := s.call(ctx, http.MethodGet, "/v1/verify", url.Values{"format": {format}})
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if err := copyWhole(a.stdout, resp); err != nil {
				return s.explain(err)
			}
			if resp.Trailer.Get(api.HeaderProblems) != "0" {
				return exitCode(1)
			}
			return nil
		})
	}
	return cmd
}
