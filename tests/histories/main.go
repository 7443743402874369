// Command histories checks that a recorded history of the booking API is linearizable.
//
// It prints a verdict as JSON. The exit status is 0 for a linearizable history, 1 for any other,
// and 2 if the history cannot be read. README.md describes the format of a history.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// maxDrawingTime bounds the second check of a rejected history, which collects operations to draw.
const maxDrawingTime = 20 * time.Second

type verdict struct {
	Result     porcupine.CheckResult `json:"result"`
	Operations int                   `json:"operations"`
	Unknown    int                   `json:"unknown"`
	Partitions int                   `json:"partitions"`
	Largest    int                   `json:"largest"`
	Seconds    float64               `json:"seconds"`
	Experts    []string              `json:"experts,omitempty"`
	Stuck      []string              `json:"stuck,omitempty"`
	Drawing    string                `json:"drawing,omitempty"`
}

func main() {
	limit := flag.Duration("limit", time.Minute, "time after which a history counts as undecided")
	drawing := flag.String("drawing", "", "file for the drawing of a rejected history (HTML)")
	flag.Parse()
	if flag.NArg() != 1 {
		fail(fmt.Errorf("usage: histories [-limit 1m] [-drawing rejected.html] history.jsonl"))
	}
	file, err := os.Open(flag.Arg(0))
	if err != nil {
		fail(err)
	}
	defer file.Close()
	history, err := readHistory(file)
	if err != nil {
		fail(err)
	}
	found, err := check(history, *limit, *drawing)
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		fail(err)
	}
	if found.Result != porcupine.Ok {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}

// check checks the partitions one after the other, up to the first one that is not linearizable.
func check(history *history, limit time.Duration, drawing string) (verdict, error) {
	since := time.Now()
	partitions := history.partitions()
	found := verdict{Result: porcupine.Ok, Partitions: len(partitions)}
	for _, partition := range partitions {
		found.Operations += len(partition.operations)
		found.Unknown += partition.unknown()
		found.Largest = max(found.Largest, len(partition.operations))
	}
	for _, partition := range partitions {
		// Porcupine treats a limit of zero as no limit.
		left := max(limit-time.Since(since), time.Millisecond)
		model := partition.model()
		found.Result = porcupine.CheckOperationsTimeout(model, partition.operations, left)
		if found.Result == porcupine.Ok {
			continue
		}
		found.Experts = partition.experts
		again := min(limit, maxDrawingTime)
		_, info := porcupine.CheckOperationsVerbose(model, partition.operations, again)
		found.Stuck = notLinearized(partition.operations, info)
		if drawing != "" {
			found.Drawing = drawing
			if err := porcupine.VisualizePath(model, info, drawing); err != nil {
				return found, err
			}
		}
		break
	}
	found.Seconds = time.Since(since).Seconds()
	return found, nil
}

// notLinearized describes the first operations that the longest linearization lacks.
func notLinearized(operations []porcupine.Operation, info porcupine.LinearizationInfo) []string {
	const shown = 5
	var longest []int
	for _, partition := range info.PartialLinearizations() {
		for _, linearization := range partition {
			if len(linearization) > len(longest) {
				longest = linearization
			}
		}
	}
	missing := []string{}
	for index, operation := range operations {
		if !slices.Contains(longest, index) && operation.Output.(*outcome).isKnown && len(missing) < shown {
			missing = append(missing, describe(operation.Input, operation.Output))
		}
	}
	return missing
}
