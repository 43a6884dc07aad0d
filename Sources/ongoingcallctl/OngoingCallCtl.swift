// SPDX-License-Identifier: Apache-2.0
import OngoingCallCommands

@main
enum OngoingCallCtl {
  static func main() { ControlTool.main() }
}
