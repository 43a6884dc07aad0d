# SPDX-License-Identifier: Apache-2.0
"""Transfers."""

from mutation import Mutation

MUTATIONS = [
    Mutation("transfer-answer-of-another", "SIPDialogs/Call/SIPCall+Transfers.swift",
             "guard target ?? incoming.target == incoming.target else {", "guard !incoming.target.isEmpty else {",
             "SIPDialogsTests: TransferTests"),
    Mutation("transfer-seen-is-another", "Calls/SessionTransfer.swift",
             "guard address == record.transferRequest else {", "guard !target.isEmpty else {",
             "OngoingCallDaemonTests: TransferTests"),
    Mutation("transfer-buttons-of-another", "Calls/Session.swift",
             "if report.transferRequest != life.reported.transferRequest {", "if life.reported.transferRequest == nil {",
             "OngoingCallDaemonTests: TransferTests"),
    Mutation("transfer-to-an-insecure-address", "SIPDialogs/Call/SIPCall+Transfers.swift",
             "target.scheme == .sips, !order.isLowered(by: target) else {", "target.scheme == .sips else {",
             "SIPDialogsTests: TransferTests"),
]
