import { Component, type ReactNode } from "react";

interface Props {
  /** Another one makes the page try again, such as the address. */
  resetBy: string;
  fallback: ReactNode;
  children: ReactNode;
}

/** Shows something else in place of a page that failed. */
export class ErrorBoundary extends Component<Props, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override componentDidUpdate(before: Props) {
    if (this.state.hasFailed && before.resetBy !== this.props.resetBy)
      this.setState({ hasFailed: false });
  }

  override render() {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
