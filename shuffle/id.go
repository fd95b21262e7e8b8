package shuffle

import (
	"fmt"
	"strconv"
	"strings"
)

// StageID names one epoch of a stage of a job. Job consists of letters, digits, "-" and "_", so that it can stand in file names and
// addresses.
type StageID struct {
	Job          string
	Stage, Epoch int
}

// AttemptID names an attempt of a task: job.stage.epoch.task.attempt.
type AttemptID struct {
	StageID
	Task, Attempt int
}

// MaxJobLength is the largest length of a job's name.
const MaxJobLength = 128

// String returns job.stage.epoch.
func (s StageID) String() string {
	return s.Job + "." + strconv.Itoa(s.Stage) + "." + strconv.Itoa(s.Epoch)
}

// String returns job.stage.epoch.task.attempt.
func (a AttemptID) String() string {
	return a.StageID.String() + "." + strconv.Itoa(a.Task) + "." + strconv.Itoa(a.Attempt)
}

// Fingerprint is a 64-bit hash of the identifier (FNV-1a), for places where the whole does not fit.
func (a AttemptID) Fingerprint() uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(a.String()) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// ParseAttemptID reads what AttemptID.String returns.
func ParseAttemptID(s string) (AttemptID, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 5 {
		return AttemptID{}, fmt.Errorf("%q is not an attempt identifier", s)
	}
	a := AttemptID{StageID: StageID{Job: parts[0]}}
	for i, to := range []*int{&a.Stage, &a.Epoch, &a.Task, &a.Attempt} {
		n, err := strconv.ParseUint(parts[i+1], 10, 31)
		if err != nil {
			return AttemptID{}, fmt.Errorf("%q is not an attempt identifier: %w", s, err)
		}
		*to = int(n)
	}
	if err := CheckJob(a.Job); err != nil {
		return AttemptID{}, err
	}
	return a, nil
}

// CheckJob returns an error when a job's name may not be used.
func CheckJob(job string) error {
	if job == "" || len(job) > MaxJobLength {
		return fmt.Errorf("job name %q has %d characters, want 1 to %d", job, len(job), MaxJobLength)
	}
	for _, c := range []byte(job) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return fmt.Errorf("job name %q has a character other than letters, digits, - and _", job)
		}
	}
	return nil
}

// Check returns an error when the identifier may not be used.
func (a AttemptID) Check() error {
	if a.Stage < 0 || a.Epoch < 0 || a.Task < 0 || a.Attempt < 0 || max(a.Stage, a.Epoch, a.Task, a.Attempt) > 1<<31-1 {
		return fmt.Errorf("attempt identifier %s has a number out of range", a)
	}
	return CheckJob(a.Job)
}
