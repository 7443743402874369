package main

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

type status uint8

const (
	absent status = iota
	held
	pending
	confirmed
	// over is a booking that was cancelled or has expired. A hold past its end becomes either,
	// depending on when the server sweeps it.
	over
)

var shownAs = map[status][]string{
	held: {"HELD"}, pending: {"PENDING"}, confirmed: {"CONFIRMED"}, over: {"CANCELLED", "EXPIRED"},
}

// isActive returns whether a booking with this status occupies its cells, unless it is a hold that
// has ended.
func (s status) isActive() bool { return s == held || s == pending || s == confirmed }

// booking is a booking or a hold. Its session is [start, end); it occupies [start, stop).
//
// A hold ends at some moment in [earliest, latest]. The two differ if no answer shows the end; later
// answers narrow them.
type booking struct {
	status           status
	client           int32
	expert           int32
	start, end, stop int64
	earliest, latest int64
}

// state is an immutable state of the calendars of a partition.
type state struct {
	// bookings are indexed by the number of the id.
	bookings []booking
	// made are the numbers of the bookings that a request with an idempotency key made, by the
	// number of the key; empty until then.
	made [][]int32
	// last is the highest known number of an event, by the number of the expert.
	last []int64
	hash uint64
}

var seed = maphash.MakeSeed()

func hashOf(parts ...any) uint64 {
	var hash maphash.Hash
	hash.SetSeed(seed)
	fmt.Fprint(&hash, parts...)
	return hash.Sum64()
}

func (b booking) hash(number int32) uint64 {
	if b.status == absent {
		return 0
	}
	hash := uint64(number)*31 + uint64(b.status)
	for _, part := range []int64{int64(b.client), b.start, b.stop, b.earliest, b.latest} {
		hash = (hash ^ uint64(part)) * 0x9E3779B97F4A7C15
		hash ^= hash >> 29
	}
	return hash
}

// with returns a copy with one booking changed.
func (s *state) with(number int32, changed booking) *state {
	next := *s
	next.bookings = slices.Clone(s.bookings)
	next.hash ^= next.bookings[number].hash(number) ^ changed.hash(number)
	next.bookings[number] = changed
	return &next
}

// without returns a copy in which a booking is over.
func (s *state) without(number int32) *state {
	found := s.bookings[number]
	found.status = over
	found.earliest, found.latest = 0, 0
	return s.with(number, found)
}

// withMade returns a copy that knows that a key was used, and for which bookings.
func (s *state) withMade(key int32, numbers []int32) *state {
	next := *s
	next.made = slices.Clone(s.made)
	next.made[key] = numbers
	next.hash ^= hashOf("made", key)
	return &next
}

// withLast returns a copy with the highest known number of an expert's events.
func (s *state) withLast(expert int32, sequence int64) *state {
	next := *s
	next.last = slices.Clone(s.last)
	next.hash ^= uint64(next.last[expert]^sequence) << 20 << expert
	next.last[expert] = sequence
	return &next
}

func (s *state) equal(other *state) bool {
	return s.hash == other.hash && slices.Equal(s.bookings, other.bookings) &&
		slices.Equal(s.last, other.last) &&
		slices.EqualFunc(s.made, other.made, slices.Equal[[]int32])
}

// occupants returns the numbers of the active bookings that overlap [start, stop), including holds
// that have ended.
func (s *state) occupants(expert int32, start, stop int64) []int32 {
	var found []int32
	for number := range s.bookings {
		other := &s.bookings[number]
		if other.status.isActive() && other.expert == expert && other.start < stop && start < other.stop {
			found = append(found, int32(number))
		}
	}
	return found
}

// decided returns the possible states at a moment; each determines which of the holds have ended.
func (s *state) decided(holds []int32, now int64) []*state {
	states := []*state{s}
	for _, number := range holds {
		hold := s.bookings[number]
		if now < hold.earliest || now >= hold.latest {
			continue
		}
		ended, lasting := hold, hold
		ended.latest = now
		lasting.earliest = now + 1
		var split []*state
		for _, before := range states {
			split = append(split, before.with(number, ended), before.with(number, lasting))
		}
		states = split
	}
	return states
}

// hasEnded returns whether a booking is a hold that has ended, as determined by `decided`.
func (b booking) hasEnded(now int64) bool { return b.status == held && now >= b.latest }

func (s *state) describe(names []string) string {
	var parts []string
	for number, found := range s.bookings {
		if found.status.isActive() {
			text := fmt.Sprintf("%s %s %d-%d", names[number], shownAs[found.status][0], found.start, found.stop)
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}
