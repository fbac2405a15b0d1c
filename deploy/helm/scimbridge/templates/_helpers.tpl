{{- define "scimbridge.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "scimbridge.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "scimbridge.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "scimbridge.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "scimbridge.selector" -}}
app.kubernetes.io/name: {{ include "scimbridge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: bridge
{{- end -}}

{{- define "scimbridge.redisSelector" -}}
app.kubernetes.io/name: {{ include "scimbridge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: redis
{{- end -}}

{{- define "scimbridge.labels" -}}
app.kubernetes.io/part-of: scimbridge
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "scimbridge.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "scimbridge.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "scimbridge.publicUrl" -}}
{{- if .Values.publicUrl -}}
{{- .Values.publicUrl -}}
{{- else if and .Values.ingress.enabled .Values.ingress.host -}}
https://{{ .Values.ingress.host }}
{{- end -}}
{{- end -}}

{{- /* What does not go together, said before anything is installed. */ -}}
{{- define "scimbridge.check" -}}
{{- if and (not .Values.redis.enabled) (not .Values.redis.url) (not .Values.redis.existingSecret) (or .Values.autoscaling.enabled (gt (int .Values.replicas) 1)) -}}
{{- fail "several pods need a Redis to share token, rate and locks: set redis.enabled, redis.url or redis.existingSecret, or replicas to 1" -}}
{{- end -}}
{{- if and .Values.tls.clientCa (not .Values.tls.existingSecret) -}}
{{- fail "tls.clientCa needs tls.existingSecret, the bridge's own certificate" -}}
{{- end -}}
{{- if and .Values.tables .Values.tablesFromConfigMap -}}
{{- fail "tables and tablesFromConfigMap are both set; keep one" -}}
{{- end -}}
{{- end -}}

{{- define "scimbridge.scheme" -}}
{{- if .Values.tls.existingSecret -}}HTTPS{{- else -}}HTTP{{- end -}}
{{- end -}}

{{- define "scimbridge.reconcileSelector" -}}
app.kubernetes.io/name: {{ include "scimbridge.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: reconcile
{{- end -}}

{{- /* What pods of the bridge and runs of rules both need: secrets, clients and tables. */ -}}
{{- define "scimbridge.mounts" -}}
- {name: pingone, mountPath: /run/scimbridge/pingone, readOnly: true}
- {name: clients, mountPath: /run/scimbridge/clients, readOnly: true}
{{- if .Values.redis.existingSecret }}
- {name: redis, mountPath: /run/scimbridge/redis, readOnly: true}
{{- end }}
{{- if or .Values.tables .Values.tablesFromConfigMap }}
- {name: tables, mountPath: /run/scimbridge/tables, readOnly: true}
{{- end }}
{{- if .Values.secretSettings }}
- {name: secrets, mountPath: /run/scimbridge/secrets, readOnly: true}
{{- end }}
{{- end -}}

{{- define "scimbridge.volumes" -}}
- name: pingone
  secret:
    secretName: {{ required "pingone.existingSecret has to name the Secret with the worker application's secret" .Values.pingone.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ .Values.pingone.key | quote }}, path: client_secret}
- name: clients
  secret:
    secretName: {{ required "clients.existingSecret has to name the Secret with the clients file" .Values.clients.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ .Values.clients.key | quote }}, path: clients.toml}
{{- if .Values.redis.existingSecret }}
- name: redis
  secret:
    secretName: {{ .Values.redis.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ .Values.redis.key | quote }}, path: url}
{{- end }}
{{- if .Values.tablesFromConfigMap }}
- name: tables
  configMap:
    name: {{ .Values.tablesFromConfigMap }}
{{- else if .Values.tables }}
- name: tables
  configMap:
    name: {{ include "scimbridge.fullname" . }}-tables
{{- end }}
{{- if .Values.secretSettings }}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $name, $from := .Values.secretSettings }}
      - secret:
          name: {{ $from.name }}
          items:
            - {key: {{ $from.key | quote }}, path: {{ $name }}/value}
      {{- end }}
{{- end }}
{{- end -}}
