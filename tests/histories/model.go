package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

const (
	taken      = "SLOT_TAKEN"
	notAllowed = "NOT_ALLOWED"
	// clockError bounds the difference between the clock that ends holds and the one that times
	// operations, in nanoseconds.
	clockError = 5_000_000
)

// calendars is the model of a partition. It defines the answer and the changes of each operation by
// the rules of models/bookings/. The names of bookings, clients, experts and keys are numbered.
type calendars struct {
	rules    map[string]rules
	experts  numbering
	clients  numbering
	bookings numbering
	keys     numbering
	// sequences are the event numbers in answers, by expert, ascending: the order of the changes.
	sequences map[int32][]int64
}

type numbering struct {
	numbers map[string]int32
	names   []string
}

func (n *numbering) of(name string) int32 {
	if n.numbers == nil {
		n.numbers = map[string]int32{}
	}
	number, found := n.numbers[name]
	if !found {
		number = int32(len(n.names))
		n.numbers[name] = number
		n.names = append(n.names, name)
	}
	return number
}

// model returns the model of a partition for Porcupine.
func (p *partition) model() porcupine.Model {
	c := &calendars{rules: p.rules, sequences: map[int32][]int64{}}
	for _, operation := range p.operations {
		input, output := operation.Input.(*request), operation.Output.(*outcome)
		c.clients.of(input.client)
		c.keys.of(input.once())
		c.bookings.of(input.booking)
		for index := range input.slots {
			c.bookings.of(input.made(index))
		}
		for _, booking := range output.bookings {
			c.bookings.of(booking.Id)
		}
		for _, state := range output.slots {
			c.experts.of(state.Slot.expert)
		}
		for _, slot := range input.slots {
			c.experts.of(slot.expert)
		}
	}
	c.collectSequences(p.operations)
	model := porcupine.NondeterministicModel{
		Init: func() []any {
			return []any{&state{
				bookings: make([]booking, len(c.bookings.names)),
				made:     make([][]int32, len(c.keys.names)),
				last:     make([]int64, len(c.experts.names)),
			}}
		},
		Step: func(before, input, output any) []any {
			var after []any
			for _, next := range c.step(before.(*state), input.(*request), output.(*outcome)) {
				after = append(after, next)
			}
			return after
		},
		Equal:             func(one, other any) bool { return one.(*state).equal(other.(*state)) },
		Hash:              func(one any) uint64 { return one.(*state).hash },
		DescribeOperation: describe,
		DescribeState:     func(one any) string { return one.(*state).describe(c.bookings.names) },
	}
	return model.ToModel()
}

// made returns a name for the booking that the request makes for a slot, if no answer shows its id.
func (r *request) made(index int) string {
	return fmt.Sprintf("booking %d of operation %s", index+1, r.name)
}

// isOwn returns whether an answer shows the change that the request made itself. A repeated request
// shows bookings as later changes left them.
func (r *request) isOwn(shown bookingState) bool {
	return !r.isRepeated || shown.Status == "" ||
		slices.Contains(map[string][]string{
			"hold": {"HELD"}, "book": {"PENDING", "CONFIRMED"}, "cancel": {"CANCELLED"},
		}[r.action], shown.Status)
}

// step returns the possible states after an operation with the given outcome.
//
// The operation was decided at some moment between its call and its return. Only the call, the
// return and the ends of holds in between can make a difference.
func (c *calendars) step(before *state, input *request, output *outcome) []*state {
	first, last := input.call-clockError, output.returned
	if output.isKnown {
		last += clockError
	}
	moments := []int64{first}
	holds := c.holds(before, input, output)
	for _, number := range holds {
		hold := before.bookings[number]
		for _, end := range []int64{hold.earliest, hold.latest} {
			if first < end && end <= last && !slices.Contains(moments, end) {
				moments = append(moments, end)
			}
		}
		if hold.earliest < last && last < hold.latest && !slices.Contains(moments, last) {
			moments = append(moments, last)
		}
	}
	var after []*state
	for _, now := range moments {
		for _, decided := range before.decided(holds, now) {
			after = append(after, c.decide(decided, input, output, now)...)
		}
	}
	return after
}

// holds returns the numbers of the holds that may affect an operation.
func (c *calendars) holds(before *state, input *request, output *outcome) []int32 {
	found := []int32{}
	if input.booking != "" {
		found = append(found, c.bookings.of(input.booking))
	}
	slots := slices.Clone(input.slots)
	for _, shown := range output.slots {
		slots = append(slots, shown.Slot)
	}
	for _, slot := range slots {
		start, _, stop := c.cells(slot)
		found = append(found, before.occupants(c.experts.of(slot.expert), start, stop)...)
	}
	slices.Sort(found)
	return slices.DeleteFunc(slices.Compact(found), func(number int32) bool {
		return before.bookings[number].status != held
	})
}

// decide returns the possible states after an operation that was decided at a moment.
func (c *calendars) decide(before *state, input *request, output *outcome, now int64) []*state {
	// A refusal caused by the rules, a limit or the input changes nothing.
	if output.isKnown && !slices.Contains([]string{"ok", taken, notAllowed}, output.answer) {
		return []*state{before}
	}
	var results []result
	switch input.action {
	case "hold", "book":
		results = c.reserve(before, input, output, now)
	case "move":
		results = c.move(before, input, now)
	case "cancel":
		results = c.cancel(before, input, now)
	case "confirm":
		results = c.confirm(before, input)
	case "read":
		if c.matchesRead(before, input, output, now) {
			return []*state{before}
		}
	case "look":
		return c.look(before, input, output, now)
	}
	var after []*state
	for _, result := range results {
		if !output.isKnown {
			after = append(after, result.state)
		} else if next := c.matched(result, input, output); next != nil {
			after = append(after, next)
		}
	}
	return after
}

// result is a state after an operation, and the answer: a refusal, or bookings.
type result struct {
	state    *state
	refusal  string
	bookings []int32
	// isReplay tells that the bookings are as later changes left them.
	isReplay bool
	// isUnchanged tells that the operation found the wanted state, and added no event.
	isUnchanged bool
}

func refused(unchanged *state, refusal string) []result {
	return []result{{state: unchanged, refusal: refusal}}
}

// matched returns the state after a result, or nil unless the recorded answer shows this result.
//
// The numbers of the events that changes report increase in the order of the changes.
func (c *calendars) matched(found result, input *request, output *outcome) *state {
	if found.refusal != "" {
		if output.answer == found.refusal {
			return found.state
		}
		return nil
	}
	if output.answer != "ok" || len(output.bookings) != len(found.bookings) {
		return nil
	}
	next := found.state
	for index, shown := range output.bookings {
		number := found.bookings[index]
		if c.bookings.of(shown.Id) != number {
			return nil
		}
		if found.isReplay || !input.isOwn(shown) {
			continue
		}
		booking := found.state.bookings[number]
		if shown.Status != "" && !slices.Contains(shownAs[booking.status], shown.Status) {
			return nil
		}
		if shown.Cell != nil && *shown.Cell != booking.start {
			return nil
		}
		last := next.last[booking.expert]
		isNew := shown.Sequence != 0 && !found.isUnchanged
		if isNew && (shown.Sequence <= last || last < c.before(booking.expert, shown.Sequence)) {
			return nil
		}
		if shown.Sequence > last {
			next = next.withLast(booking.expert, shown.Sequence)
		}
	}
	return next
}

// collectSequences collects the numbers of the events that answered changes report. A move that
// changes nothing reports an earlier change, whose answer may be missing, so the moves of clients
// with unknown outcomes are left out.
func (c *calendars) collectSequences(operations []porcupine.Operation) {
	isUncertain, expertOf := map[string]bool{}, map[string]string{}
	for _, operation := range operations {
		input, output := operation.Input.(*request), operation.Output.(*outcome)
		isUncertain[input.client] = isUncertain[input.client] || !output.isKnown
		for index, shown := range output.bookings {
			if index < len(input.slots) {
				expertOf[shown.Id] = input.slots[index].expert
			}
		}
	}
	for _, operation := range operations {
		input, output := operation.Input.(*request), operation.Output.(*outcome)
		if input.action == "look" || input.action == "move" && isUncertain[input.client] {
			continue
		}
		for _, shown := range output.bookings {
			if shown.Sequence != 0 && input.isOwn(shown) && expertOf[shown.Id] != "" {
				expert := c.experts.of(expertOf[shown.Id])
				c.sequences[expert] = append(c.sequences[expert], shown.Sequence)
			}
		}
	}
	for _, found := range c.sequences {
		slices.Sort(found)
	}
}

// before returns the highest event number of an answered change that is below a given number.
func (c *calendars) before(expert int32, sequence int64) int64 {
	known := c.sequences[expert]
	index, _ := slices.BinarySearch(known, sequence)
	if index == 0 {
		return 0
	}
	return known[index-1]
}

func (c *calendars) cells(slot slot) (start, end, stop int64) {
	end = slot.cell + slot.minutes/cellMinutes
	return slot.cell, end, end + c.rules[slot.expert].breakCells
}

func (c *calendars) rulesOf(expert int32) rules {
	name := c.experts.names[expert]
	if found, known := c.rules[name]; known {
		return found
	}
	return rules{confirms: true}
}

func describe(input, output any) string {
	asked, shown := input.(*request), output.(*outcome)
	words := []string{asked.client, asked.action}
	if asked.booking != "" {
		words = append(words, asked.booking)
	}
	for _, slot := range asked.slots {
		words = append(words, slot.String())
	}
	words = append(words, "->")
	switch {
	case !shown.isKnown:
		words = append(words, "?")
	case shown.answer != "ok":
		words = append(words, shown.answer)
	}
	for _, booking := range shown.bookings {
		words = append(words, booking.Id, booking.Status)
	}
	for _, state := range shown.slots {
		words = append(words, state.Slot.String(), state.Status)
	}
	return strings.Join(words, " ")
}

func (s slot) String() string {
	return fmt.Sprintf("%s/%d+%d", s.expert, s.cell, s.minutes)
}
