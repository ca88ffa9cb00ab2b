{{/* Environment, files and places to write of a container: dict root, part. */}}
{{- define "chatmount.environment" -}}
{{- $root := .root }}
{{- $name := include "chatmount.name" $root }}
{{- $known := $root.Files.Get "files/environment.yaml" | fromYaml }}
{{- $part := index $known.parts .part }}
- {name: CHATMOUNT_HOME, value: /var/lib/chatmount}
- {name: CHATMOUNT_LISTEN, value: "0.0.0.0:50051"}
- {name: CHATMOUNT_METRICS_LISTEN, value: "0.0.0.0:{{ if eq .part "envoy" }}9465{{ else }}9464{{ end }}"}
{{- range list "auth" "quota" "retrieval" "chat" }}
- {name: CHATMOUNT_{{ upper . }}_ADDRESS, value: "{{ $name }}-{{ . }}:50051"}
{{- end }}
- {name: CHATMOUNT_WEB_ADDRESS, value: "{{ if eq .part "envoy" }}127.0.0.1{{ else }}{{ $name }}-web{{ end }}:50051"}
- {name: CHATMOUNT_DRAIN_SECONDS, value: {{ $root.Values.drainSeconds | quote }}}
{{- if $root.Values.internalTls.secretName }}
- {name: CHATMOUNT_INTERNAL_TLS, value: "on"}
{{- end }}
{{- range $group := $part.groups }}
{{- range $variable := index $known.groups $group }}
{{- if has $variable $known.secret }}
- name: {{ $variable }}
  valueFrom: {secretKeyRef: {name: {{ include "chatmount.secretName" $root }}, key: {{ $variable }}, optional: true}}
{{- else if not (eq (get $root.Values.settings $variable | toString) "") }}
- {name: {{ $variable }}, value: {{ get $root.Values.settings $variable | toString | quote }}}
{{- end }}
{{- end }}
{{- end }}
{{- range $file := include "chatmount.files" . | fromYamlArray }}
- {name: {{ index $known.files $file }}, value: /run/secrets/chatmount/{{ $file }}}
{{- end }}
{{- end }}

{{/* The names of the files that a part is given: dict root, part. */}}
{{- define "chatmount.files" -}}
{{- $known := .root.Files.Get "files/environment.yaml" | fromYaml }}
{{- range (index $known.parts .part).files }}
{{- if hasPrefix "tls." . }}
{{- if $.root.Values.tls.secretName }}
- {{ . }}
{{- end }}
{{- else if or (eq . "signing.key") (hasKey $.root.Values.secret.files .) }}
- {{ . }}
{{- end }}
{{- end }}
{{- if .root.Values.internalTls.secretName }}
- internal-ca.crt
- internal.crt
- internal.key
{{- end }}
{{- end }}

{{/* What a part's container writes to and reads secrets from: dict root, part. */}}
{{- define "chatmount.volumes" -}}
{{- $root := .root }}
{{- $known := $root.Files.Get "files/environment.yaml" | fromYaml }}
{{- $own := list }}
{{- $files := include "chatmount.files" . | fromYamlArray }}
{{- range $files }}{{ if has . $known.own }}{{ $own = append $own . }}{{ end }}{{ end }}
- name: home-of-{{ .part }}
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- if $files }}
- name: secrets-of-{{ .part }}
  projected:
    defaultMode: 0440
    sources:
      {{- if $own }}
      - secret:
          name: {{ .secretName | default (include "chatmount.secretName" $root) }}
          items:
            {{- range $own }}
            - {key: {{ . }}, path: {{ . }}}
            {{- end }}
      {{- end }}
      {{- if has "tls.crt" $files }}
      - secret:
          name: {{ $root.Values.tls.secretName }}
          items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
      {{- end }}
      {{- if $root.Values.internalTls.secretName }}
      - secret:
          name: {{ $root.Values.internalTls.secretName }}
          items:
            - {key: ca.crt, path: internal-ca.crt}
            - {key: tls.crt, path: internal.crt}
            - {key: tls.key, path: internal.key}
      {{- end }}
{{- end }}
{{- end }}

{{/* What all containers have in common: dict root, part. */}}
{{- define "chatmount.container" -}}
name: {{ .part }}
image: {{ include "chatmount.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  {{- include "chatmount.environment" . | nindent 2 }}
volumeMounts:
  - {name: home-of-{{ .part }}, mountPath: /var/lib/chatmount}
  - {name: temporary, mountPath: /tmp}
  {{- if include "chatmount.files" . | fromYamlArray }}
  - {name: secrets-of-{{ .part }}, mountPath: /run/secrets/chatmount, readOnly: true}
  {{- end }}
{{- end }}

{{/* Whether the process serves, at the address of its own container: dict root, part. */}}
{{- define "chatmount.probes" -}}
{{- $probe := dict }}
{{- if .root.Values.internalTls.secretName }}
{{- $files := "/run/secrets/chatmount/internal.crt /run/secrets/chatmount/internal.key" }}
{{- $web := ternary "web " "" (eq .part "web") }}
{{- $command := printf "exec python -I -S services/cli/probe.py %s127.0.0.1:50051 on %s" $web $files }}
{{- $_ := set $probe "exec" (dict "command" (list "sh" "-c" $command)) }}
{{- else if eq .part "web" }}
{{- $_ := set $probe "httpGet" (dict "path" "/healthz" "port" 50051) }}
{{- else }}
{{- $_ := set $probe "grpc" (dict "port" 50051) }}
{{- end }}
{{- include "chatmount.probing" $probe }}
{{- end }}

{{/* The three probes that ask the same. */}}
{{- define "chatmount.probing" -}}
startupProbe:
  {{- toYaml . | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 150
readinessProbe:
  {{- toYaml . | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
livenessProbe:
  {{- toYaml . | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end }}

{{/* What all pods have in common: dict root, part, values. */}}
{{- define "chatmount.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ add .root.Values.drainSeconds 30 }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "chatmount.selector" . | nindent 8 }}
{{- end }}

{{/* Metadata of a pod, which changes with what the pod can't see by itself: dict root, part, values. */}}
{{- define "chatmount.podMetadata" -}}
labels:
  {{- include "chatmount.labels" . | nindent 2 }}
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
annotations:
  checksum/secret: {{ toYaml .root.Values.secret | sha256sum }}
  {{- with .values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
