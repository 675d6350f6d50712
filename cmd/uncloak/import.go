package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"uncloak/ingest"
	"uncloak/report/api"
)

// importFlags holds the flags that describe the files; the API parses their values.
type importFlags struct {
	format, dialect, router, capturedAt, bootTime string
	year                                          int
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{Use: "import FILE…",
		Short: "Take log files in: syslog, dmesg, /dev/kmsg, journalctl, conntrack -E",
		Long: "Takes in log files, directories of them (all files below), patterns and - for stdin; .gz, .xz,\n" +
			".zst and .bz2 are unpacked. What was taken in before is left out: the same file twice changes\n" +
			"nothing. While serve runs on the data directory the files go through it.\n\n" +
			"Stamps without a year get the one that fits --captured-at or the file's modification time; stamps\n" +
			"of uptime are placed by --boot-time, or so that the last line falls on --captured-at or the\n" +
			"modification time.",
		Example: "uncloak import /var/log/router.log*\n" +
			"uncloak import --router gw --captured-at '2026-11-21 20:45' dmesg.txt\n" +
			"ssh gw dmesg | uncloak import --router gw -",
		Args: cobra.MinimumNArgs(1)}
	fs := cmd.Flags()
	fs.StringVar(&f.format, "format", "",
		strings.Join(ingest.Formats(), ", ")+": a log line by line, or text pasted from a page (default auto; the "+
			"dialect of each line is found by looking)")
	fs.StringVar(&f.dialect, "dialect", "",
		"which dialect the lines are in, where looking at one leaves a doubt (default that of --router in the config)")
	fs.StringVar(&f.router, "router", "", "name of the router that the files are from (default what the lines say)")
	fs.IntVar(&f.year, "year", 0, "year of stamps that have none; of the last, where the log crosses New Year")
	fs.StringVar(&f.capturedAt, "captured-at", "", "time of the last line, or at which the dump was taken")
	fs.StringVar(&f.bootTime, "boot-time", "", "when the machine started whose uptime the stamps are")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := a.setup(cmd); err != nil {
			return err
		}
		values, err := f.values(cmd)
		if err != nil {
			return err
		}
		return a.importAll(cmd.Context(), args, values)
	}
	return cmd
}

func (f *importFlags) values(cmd *cobra.Command) (url.Values, error) {
	v := url.Values{}
	set(v, "format", f.format)
	if _, err := dialect(f.dialect); err != nil {
		return nil, usagef("--dialect: %w", err)
	}
	set(v, "dialect", f.dialect)
	set(v, "router", f.router)
	set(v, "captured_at", f.capturedAt)
	set(v, "boot_time", f.bootTime)
	if cmd.Flags().Changed("year") {
		if f.year < 1970 || f.year > 9999 {
			return nil, usagef("--year %d is not a year", f.year)
		}
		v.Set("year", fmt.Sprint(f.year))
	}
	return v, nil
}

// source is one file to import; name "-" is stdin.
type source struct {
	name string
	size int64 // -1 = not known
	mod  time.Time
}

// sources finds the files that the arguments name, oldest first within a directory or pattern, so that a rotated log is
// read in order. It returns one error for each argument without a file, beside the files of the other arguments.
func sources(args []string) (all []source, errs []error) {
	for _, arg := range args {
		found, err := expand(arg)
		if err != nil {
			errs = append(errs, err)
		}
		all = append(all, found...)
	}
	return all, errs
}

// inOrder sorts files without a wall clock to the end: the lines of the other files help to find the times of theirs.
func inOrder(files []source) {
	rank := map[string]int{}
	for _, f := range files {
		rank[f.name] = ingest.ClockRank(f.name)
	}
	slices.SortStableFunc(files, func(a, b source) int { return cmp.Compare(rank[a.name], rank[b.name]) })
}

// expand finds the files of one argument: a file, a directory, a pattern or - for stdin.
func expand(arg string) ([]source, error) {
	if arg == "-" {
		return []source{{name: arg, size: -1}}, nil
	}
	info, err := os.Stat(arg)
	if err == nil && !info.IsDir() {
		return []source{sourceOf(arg, info)}, nil
	}
	var found []source
	if errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?[") {
		names, globErr := filepath.Glob(arg)
		if globErr != nil {
			return nil, fmt.Errorf("pattern %s: %w", arg, globErr)
		}
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && !info.IsDir() {
				found = append(found, sourceOf(name, info))
			}
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no file matches %s", arg)
		}
	} else if err != nil {
		return nil, err
	} else {
		err = filepath.WalkDir(arg, func(name string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") {
				return err
			}
			info, err := e.Info()
			if err == nil {
				found = append(found, sourceOf(name, info))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("no files in directory %s", arg)
		}
	}
	slices.SortStableFunc(found, func(x, y source) int { return x.mod.Compare(y.mod) })
	return found, nil
}

func sourceOf(name string, info fs.FileInfo) source {
	s := source{name, info.Size(), info.ModTime()}
	if !info.Mode().IsRegular() { // a pipe
		s.size, s.mod = -1, time.Time{}
	}
	return s
}

// importAll imports the files that args name. A file that cannot be imported is reported and the others follow; the
// exit code is then 1.
func (a *app) importAll(ctx context.Context, args []string, v url.Values) (err error) {
	files, errs := sources(args)
	inOrder(files)
	if len(files) == 0 {
		return a.reportAll(errs)
	}
	bar := a.progress(files)
	defer bar.Clear() // also after an error
	s, err := a.open(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	var sum api.ImportResult
	done := 0
	for _, f := range files {
		var res api.ImportResult
		err := a.ask(ctx, &s, true, func(s *session) (err error) {
			res, err = a.importOne(ctx, s, f, v, bar)
			return err
		})
		var refused *api.StatusError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &refused) && refused.Status == http.StatusBadRequest:
			return err // the flags are wrong, and they hold for each file
		case err != nil:
			errs = append(errs, err)
			continue
		}
		done++
		if res.Unparsed > 0 && res.Unparsed == res.Lines-res.Skipped && res.Duplicates == 0 {
			errs = append(errs, fmt.Errorf("%s: none of its %d lines is understood: uncloak parse --explain < %s says "+
				"what was tried; %s", f.name, res.Unparsed, quote(f.name), howToSend))
		}
		sum.Lines, sum.Events = sum.Lines+res.Lines, sum.Events+res.Events
		sum.Duplicates, sum.Unparsed = sum.Duplicates+res.Duplicates, sum.Unparsed+res.Unparsed
		sum.Skipped += res.Skipped
		if sum.First.IsZero() || !res.First.IsZero() && res.First.Before(sum.First) {
			sum.First = res.First
		}
		if res.Last.After(sum.Last) {
			sum.Last = res.Last
		}
		sum.Notes = append(sum.Notes, res.Notes...)
		sum.CutShort = sum.CutShort || res.CutShort
	}
	_ = bar.Clear()
	if err := a.ask(ctx, &s, true, func(s *session) error { return api.Rebuild(ctx, s.Client) }); err != nil {
		return err
	}
	if done > 0 {
		if err := a.printImported(done, &sum); err != nil {
			return err
		}
	}
	if err := a.reportAll(errs); err != nil || !sum.CutShort {
		return err
	}
	return exitCode(1) // a note says why
}

// reportAll prints all errors and returns the exit code; a single error is returned for the caller to print.
func (a *app) reportAll(errs []error) error {
	if len(errs) <= 1 {
		return errors.Join(errs...)
	}
	for _, err := range errs {
		a.report(err)
	}
	return exitCode(1)
}

// importOne imports one file, or stdin, through the session and moves the bar.
func (a *app) importOne(ctx context.Context, s *session, f source, v url.Values,
	bar *progressbar.ProgressBar) (res api.ImportResult, err error) {
	o := api.ImportOptions{Name: "stdin", Modified: f.mod}
	var body io.ReadCloser
	if f.name == "-" {
		body = io.NopCloser(withContext(ctx, a.stdin))
	} else {
		file, err := os.Open(f.name)
		if err != nil {
			return res, err
		}
		defer file.Close()
		if o.Name, err = filepath.Abs(f.name); err != nil {
			return res, err
		}
		body = file
		if s.pid == 0 && f.size >= 0 {
			read := int64(0)
			body = &localFile{file, func(done, _ int64) { _ = bar.Add64(done - read); read = done }}
		}
	}
	if _, ok := body.(*localFile); !ok {
		body = countedBody{body, bar}
	}
	q := o.Values()
	for k, vs := range v {
		q[k] = vs
	}
	a.setZone(q)
	res, err = api.Upload(ctx, s.Client, body, q)
	if err != nil && f.name == "-" {
		err = s.explain(err) // stdin cannot be read again
	}
	return res, err
}

// countedBody moves the bar by the bytes that are read from it. (progressbar.Reader would end the bar when the first of
// several files is closed.)
type countedBody struct {
	io.ReadCloser
	bar *progressbar.ProgressBar
}

func (c countedBody) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	_ = c.bar.Add(n)
	return n, err
}

// progress returns a bar of the bytes that are read; it is visible only on a terminal.
func (a *app) progress(files []source) *progressbar.ProgressBar {
	total := int64(0)
	for _, f := range files {
		if f.size < 0 {
			total = -1
			break
		}
		total += f.size
	}
	f, ok := a.stderr.(*os.File)
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(a.stderr), progressbar.OptionShowBytes(true),
		progressbar.OptionSetVisibility(ok && term.IsTerminal(int(f.Fd()))), progressbar.OptionSetDescription("import"),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetWidth(30),
		progressbar.OptionSetSpinnerChangeInterval(0)) // with an interval, a goroutine would draw it without a lock
}

// printImported prints the counts of an import, and the command that shows the report of its days.
func (a *app) printImported(files int, r *api.ImportResult) error {
	for _, n := range r.Notes {
		fmt.Fprintf(a.stderr, "uncloak: %s\n", n)
	}
	what := "1 file"
	if files != 1 {
		what = fmt.Sprintf("%d files", files)
	}
	of := ""
	if r.Duplicates > 0 { // lines that are stored already are known to be understood or not
		of = " of the new"
	}
	_, err := fmt.Fprintf(a.stdout, "took in %s: %d lines, %d new events, %d stored before, %d%s not understood", what,
		r.Lines, r.Events, r.Duplicates, r.Unparsed, of)
	if err == nil && r.Skipped > 0 {
		_, err = fmt.Fprintf(a.stdout, ", %d of other text", r.Skipped)
	}
	if err != nil || r.First.IsZero() {
		fmt.Fprintln(a.stdout)
		return err
	}
	first, last := r.First.In(a.cfg.location).Format(time.DateOnly), r.Last.In(a.cfg.location).Format(time.DateOnly)
	if first == last {
		_, err = fmt.Fprintf(a.stdout, "; day %s\nnow: uncloak report%s --day %s\n", first, a.sameDataFlags(), first)
		return err
	}
	next := r.Last.In(a.cfg.location).AddDate(0, 0, 1).Format(time.DateOnly)
	_, err = fmt.Fprintf(a.stdout, "; days %s to %s\nnow: uncloak report%s --from %s --to %s\n", first, last,
		a.sameDataFlags(), first, next)
	return err
}

// sameDataFlags returns the flags of this command that a following command needs to read the same data.
func (a *app) sameDataFlags() (s string) {
	for _, name := range []string{"config", "data", "timezone", "table", "lan"} {
		if f := a.flags.Lookup(name); f != nil && f.Changed {
			s += " --" + name + " " + quote(strings.Trim(f.Value.String(), "[]"))
		}
	}
	return s
}
