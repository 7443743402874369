import { Dialog } from "../bookings/Dialog.tsx";
import { useWords } from "../text/text.tsx";
import { Button } from "../ui/Button.tsx";
import { useLeaveGuard } from "./useLeaveGuard.ts";
import { hoursWords } from "./words.ts";

/** Dialog that asks for confirmation before unsaved changes are discarded. */
export function UnsavedChangesDialog({ isDirty }: { isDirty: boolean }) {
  const text = useWords(hoursWords);
  const leaving = useLeaveGuard(isDirty);
  if (!leaving) return null;
  return (
    <Dialog title={text.leave} onClose={leaving.stay}>
      <p className="text-muted">{text.leaveBody}</p>
      <div className="flex flex-wrap justify-end gap-3">
        <Button onClick={leaving.stay}>{text.stay}</Button>
        <Button kind="danger" onClick={leaving.leave}>
          {text.doLeave}
        </Button>
      </div>
    </Dialog>
  );
}
