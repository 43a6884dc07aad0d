// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>

uint8_t law_mu(int16_t sample);
int16_t law_linear_mu(uint8_t code);
uint8_t law_a(int16_t sample);
int16_t law_linear_a(uint8_t code);
