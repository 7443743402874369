package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/anishathalye/porcupine"
)

const (
	cellMinutes = 15
	// never is the return time of an operation whose outcome is unknown.
	never = math.MaxInt64
)

// slot is an expert, a start in quarter hours since 1970, and a length in minutes.
type slot struct {
	expert  string
	cell    int64
	minutes int64
}

func (s *slot) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &[]any{&s.expert, &s.cell, &s.minutes}); err != nil {
		return err
	}
	if s.expert == "" || s.minutes < cellMinutes || s.minutes%cellMinutes != 0 {
		return fmt.Errorf("%s: a slot is [expert, cell, minutes]", text)
	}
	return nil
}

// bookingState is a booking as an answer shows it; absent fields were not asked for.
type bookingState struct {
	Id       string `json:"id"`
	Status   string `json:"status"`
	Cell     *int64 `json:"cell"`
	Ends     int64  `json:"ends"`
	Sequence int64  `json:"sequence"`
}

// slotState is a slot as an answer shows it.
type slotState struct {
	Slot   slot   `json:"slot"`
	Status string `json:"status"`
	Mine   *bool  `json:"mine"`
}

// request is the input of an operation.
type request struct {
	client  string
	action  string
	slots   []slot
	booking string
	key     string
	call    int64
	holds   int64
	// isRepeated tells that attempts without an answer were merged into this one.
	isRepeated bool
	// name stands for the ids of the bookings that the request makes, if no answer shows them.
	name string
}

// outcome is the output of an operation.
type outcome struct {
	isKnown  bool
	answer   string
	bookings []bookingState
	slots    []slotState
	returned int64
}

// line is a line of a history: an expert, an invocation or an answer.
type line struct {
	Expert   string `json:"expert"`
	Break    int64  `json:"break"`
	Confirms *bool  `json:"confirms"`

	Operation json.RawMessage `json:"op"`
	At        int64           `json:"at"`

	Action  string `json:"do"`
	Client  string `json:"client"`
	Slots   []slot `json:"slots"`
	Booking string `json:"booking"`
	Key     string `json:"key"`
	Holds   int64  `json:"holds"`

	Answer   string         `json:"answer"`
	Bookings []bookingState `json:"bookings"`
	States   []slotState    `json:"states"`
}

// rules are the rules of an expert that decide about bookings.
type rules struct {
	breakCells int64
	confirms   bool
}

type history struct {
	rules      map[string]rules
	operations []porcupine.Operation
}

var actions = []string{"hold", "book", "move", "cancel", "confirm", "read", "look"}

// readHistory reads a history, and drops the reads without an answer.
func readHistory(source io.Reader) (*history, error) {
	read := &history{rules: map[string]rules{}}
	calls := map[string]*line{}
	answers := map[string]*line{}
	var order []string
	scanner := bufio.NewScanner(source)
	scanner.Buffer(nil, 1<<24)
	for number := 1; scanner.Scan(); number++ {
		if len(scanner.Bytes()) == 0 {
			continue
		}
		found := &line{}
		if err := json.Unmarshal(scanner.Bytes(), found); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		id := string(found.Operation)
		switch {
		case id == "" && found.Expert != "":
			confirms := found.Confirms == nil || *found.Confirms
			read.rules[found.Expert] = rules{found.Break / cellMinutes, confirms}
		case slices.Contains(actions, found.Action) && calls[id] == nil:
			calls[id] = found
			order = append(order, id)
		case found.Answer != "" && calls[id] != nil && answers[id] == nil && found.At >= calls[id].At:
			answers[id] = found
		default:
			return nil, fmt.Errorf("line %d: neither an expert, nor an operation, nor the answer to one", number)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	for _, id := range order {
		if operation := operationOf(id, calls[id], answers[id]); operation != nil {
			read.operations = append(read.operations, *operation)
		}
	}
	read.operations = merged(read.operations)
	read.assignLanes()
	return read, nil
}

// operationOf returns nil for a read without an answer: it neither showed nor changed anything.
func operationOf(id string, call, answer *line) *porcupine.Operation {
	input := &request{
		client: call.Client, action: call.Action, slots: call.Slots, booking: call.Booking,
		key: call.Key, call: call.At, holds: call.Holds, name: id,
	}
	output := &outcome{returned: never}
	if answer != nil {
		output = &outcome{true, answer.Answer, answer.Bookings, answer.States, answer.At}
	} else if input.action == "read" || input.action == "look" {
		return nil
	}
	return &porcupine.Operation{Input: input, Call: call.At, Output: output, Return: output.returned}
}

// merged merges the unanswered attempts of a request, and limits when they can take effect. This
// changes no verdict, and shortens the search.
//
// An idempotency key takes effect once, and a cancelled or expired booking never changes again. A move
// takes effect once if the history moves the booking to no other slot, and a confirmation if the
// history does not move the booking at all. Therefore, a granted attempt stands for the unanswered
// attempts of its request; without one, the first unanswered attempt stands for the others. An
// unanswered attempt on a booking has no effect after the answer to a cancellation of this booking.
func merged(operations []porcupine.Operation) []porcupine.Operation {
	granted, over := map[string]*request{}, map[string]int64{}
	targets := map[string]map[slot]bool{}
	for _, operation := range operations {
		if input := operation.Input.(*request); input.action == "move" {
			if targets[input.booking] == nil {
				targets[input.booking] = map[slot]bool{}
			}
			targets[input.booking][input.slots[0]] = true
		}
	}
	onceOf := func(input *request) string {
		moves := len(targets[input.booking])
		if input.action == "move" && moves == 1 || input.action == "confirm" && moves == 0 {
			return input.action + " " + input.booking
		}
		return input.once()
	}
	for _, operation := range operations {
		input, output := operation.Input.(*request), operation.Output.(*outcome)
		once := onceOf(input)
		if once != "" && output.answer == "ok" && granted[once] == nil {
			granted[once] = input
		}
		// A cancellation is also refused if the booking has already ended.
		if input.action == "cancel" && (output.answer == "ok" || output.answer == notAllowed) {
			over[input.booking] = output.returned
		}
	}
	attempted := map[string]bool{}
	var kept []porcupine.Operation
	for _, operation := range operations {
		input, output := operation.Input.(*request), operation.Output.(*outcome)
		if !output.isKnown {
			once := onceOf(input)
			if first := granted[once]; first != nil {
				first.call = min(first.call, input.call)
				first.isRepeated = true
				continue
			}
			if once != "" && attempted[once] {
				continue
			}
			attempted[once] = true
			if end, found := over[input.booking]; found && input.booking != "" {
				operation.Return = max(end, operation.Call)
				output.returned = operation.Return
			}
		}
		kept = append(kept, operation)
	}
	for index := range kept {
		kept[index].Call = kept[index].Input.(*request).call
	}
	return kept
}

// once returns a name for an effect that occurs at most once: that of an idempotency key, which is
// valid for a client and an operation, or a cancellation. It is empty for other requests.
func (r *request) once() string {
	switch {
	case r.key != "":
		return fmt.Sprintf("key %q %s %q", r.client, r.action, r.key)
	case r.action == "cancel":
		return "cancel " + r.booking
	}
	return ""
}

// assignLanes gives each operation a row of the drawing in which it overlaps no other one.
func (h *history) assignLanes() {
	type lane struct {
		client string
		free   int64
	}
	var lanes []lane
	for index := range h.operations {
		operation := &h.operations[index]
		client := operation.Input.(*request).client
		found := slices.IndexFunc(lanes, func(other lane) bool {
			return other.client == client && other.free < operation.Call
		})
		if found < 0 {
			found = len(lanes)
			lanes = append(lanes, lane{client: client})
		}
		lanes[found].free = operation.Return
		operation.ClientId = found
	}
}
