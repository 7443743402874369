import { Component, type ReactNode } from "react";

interface Props {
  /** Change this key, such as the path, to render the children again. */
  resetBy: string;
  fallback: ReactNode;
  children: ReactNode;
}

/** Shows a fallback in place of children that failed to render. */
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
