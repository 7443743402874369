import { Component, type ReactNode } from "react";

interface Props {
  /** Key such as the URL's path; after a failure, a new key renders the children again. */
  resetBy: string;
  fallback: (error: unknown) => ReactNode;
  children: ReactNode;
}

interface State {
  failure?: { error: unknown } | undefined;
}

/** Shows a fallback in place of children that failed to render. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { failure: { error } };
  }

  override componentDidUpdate(before: Props) {
    if (this.state.failure && before.resetBy !== this.props.resetBy)
      this.setState({ failure: undefined });
  }

  override render() {
    const { failure } = this.state;
    return failure ? this.props.fallback(failure.error) : this.props.children;
  }
}
