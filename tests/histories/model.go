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

// calendars is the model of a partition: what each operation answers and changes, by the rules of
// models/bookings/. The names of bookings, clients, experts and keys are numbered.
type calendars struct {
	rules    map[string]rules
	experts  numbering
	clients  numbering
	bookings numbering
	keys     numbering
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
	c := &calendars{rules: p.rules}
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

// made returns the id of the booking that the request makes of a slot: of its own answer, of
// another attempt's, or a name that stands for it.
func (r *request) made(index int) string {
	if index < len(r.ids) {
		return r.ids[index]
	}
	return fmt.Sprintf("%s of operation %s", r.slots[index].expert, r.name)
}

// step returns the possible states after an operation with the given outcome.
//
// The operation was decided at some moment between its call and its return. Of these, only the
// call, the return and the ends of holds in between can make a difference.
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
	// A refusal that the rules, a limit or the input cause changes nothing.
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
		} else if next := c.matched(result, output); next != nil {
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
	// isUnchanged tells that the operation found what it wanted, and added no event.
	isUnchanged bool
}

func refused(unchanged *state, refusal string) []result {
	return []result{{state: unchanged, refusal: refusal}}
}

// matched returns the state after a result that the recorded answer shows, or nil.
//
// The numbers of the events that changes report increase in the order of the changes.
func (c *calendars) matched(found result, output *outcome) *state {
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
		if found.isReplay {
			continue
		}
		booking := found.state.bookings[number]
		if shown.Status != "" && !slices.Contains(shownAs[booking.status], shown.Status) {
			return nil
		}
		if shown.Cell != nil && *shown.Cell != booking.start {
			return nil
		}
		if shown.Sequence > next.last[booking.expert] {
			next = next.withLast(booking.expert, shown.Sequence)
		} else if shown.Sequence != 0 && shown.Sequence < found.state.last[booking.expert] && !found.isUnchanged {
			return nil
		}
	}
	return next
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
