// SPDX-License-Identifier: Apache-2.0

/// What a user does about a part of OngoingCall that is missing or broken. Nobody knows how it came to this machine: as a
/// distribution's package, or from the sources.
package enum InstallationRemedy {
  /// Packages are called after the programs in them.
  package static let daemon = "install the package ongoingcall, or run packaging/install in the sources"
  package static let sip =
    "install the package ongoingcall-sip, or build with --traits SIP and run packaging/install (see CONTRIBUTING.md)"
  package static let again = "reinstall the package ongoingcall, or run packaging/install in the sources again"
}
