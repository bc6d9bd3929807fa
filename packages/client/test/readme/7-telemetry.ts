import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import * as Otlp from "@effect/opentelemetry/Otlp"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type { MetricReader } from "@opentelemetry/sdk-metrics"
import type { SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Layer from "effect/Layer"

const resource = { serviceName: "card-desk" }

/** To a collector that speaks OTLP over HTTP, without OpenTelemetry's SDK. */
export const collected = (baseUrl = "http://localhost:4318") =>
  Otlp.layerJson({ baseUrl, resource }).pipe(Layer.provide(NodeHttpClient.layerUndici))

/** Or through OpenTelemetry's SDK, to the exporters that you have already. */
export const exported = (spanProcessor: SpanProcessor, metricReader: MetricReader) =>
  NodeSdk.layer(() => ({ resource, spanProcessor, metricReader }))
